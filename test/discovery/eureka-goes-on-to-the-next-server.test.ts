import t from 'tap'
import { eventually } from '../support/client.ts'
import { startEureka } from '../support/eureka-server.ts'
import { eurekaProvider, eurekaSettings, follow } from './eureka-kit.ts'

t.test('peers are asked in turn, each under the path of its address, and a failover is no failure', async (t) => {
  const [first, second] = [await startEureka(t, '/eureka/v2'), await startEureka(t, '')]
  for (const server of [first, second]) server.register('orders', { host: '10.0.0.1', port: 8001 })
  const settings = eurekaSettings(first.url, { addresses: [`${first.url}/`, second.url] })
  const told = follow(t, eurekaProvider(t, settings))
  await eventually(() => first.count('/apps/delta') > 0)
  t.equal(second.seen.length, 0)
  await first.down()
  second.register('orders', { host: '10.0.0.2', port: 8001 })
  await eventually(() => told.origins?.length === 2)
  t.equal(second.seen[0]?.path, '/apps', 'all of it: its deltas are others')
  t.strictSame(told.failures, [])
})

t.test('a path that is not there is a failure that says what to look at', async (t) => {
  const eureka = await startEureka(t)
  const told = follow(t, eurekaProvider(t, eurekaSettings(eureka.url.replace('/eureka', ''))))
  await eventually(() => told.failures.length > 0)
  t.equal(told.failures[0]?.message, 'Eureka answered 404 to GET /apps; is the path of its address right?')
  t.strictSame(told.answers, [])
})
