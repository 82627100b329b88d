import t from 'tap'
import { eventually } from '../support/client.ts'
import { startEureka } from '../support/eureka-server.ts'
import { eurekaProvider, eurekaQuery, eurekaSettings, follow, NEVER_MS } from './eureka-kit.ts'

t.test('50 services are told by one poll, and by one more when all want a refresh', async (t) => {
  const eureka = await startEureka(t)
  const services = Array.from({ length: 50 }, (_, index) => index)
  for (const index of services) eureka.register(`service-${index}`, { host: '10.0.0.1', port: 8000 + index })
  const provider = eurekaProvider(t, eurekaSettings(eureka.url, { intervalMs: NEVER_MS }))
  const all = services.map((index) => follow(t, provider, eurekaQuery(`service-${index}`)))
  await eventually(() => all.every(({ answers }) => answers.length === 1))
  for (const [index, told] of all.entries()) t.strictSame(told.origins, [`http://10.0.0.1:${8000 + index}`])
  t.equal(eureka.seen.length, 1)
  for (const { source } of all) source.refresh()
  await eventually(() => all.every(({ answers }) => answers.length === 2))
  // Whatever else was asked for before would come first.
  all[0]?.source.refresh()
  await eventually(() => all[0]?.answers.length === 3)
  t.equal(eureka.seen.length, 3)
})

t.test('one that comes later is told what is known, though not before `watch` has returned', async (t) => {
  const eureka = await startEureka(t)
  eureka.register('orders', { host: '10.0.0.1', port: 8001 })
  eureka.register('users', { host: '10.0.0.2', port: 8002 })
  const provider = eurekaProvider(t, eurekaSettings(eureka.url, { intervalMs: NEVER_MS }))
  const first = follow(t, provider)
  await eventually(() => first.answers.length === 1)
  const second = follow(t, provider, eurekaQuery('users'))
  t.strictSame(second.answers, [])
  await eventually(() => second.answers.length === 1)
  t.strictSame(second.origins, ['http://10.0.0.2:8002'])
  t.equal(eureka.seen.length, 1)
})
