import t from 'tap'
import { eventually } from '../support/client.ts'
import { startEureka } from '../support/eureka-server.ts'
import { eurekaProvider, eurekaSettings, follow } from './eureka-kit.ts'

t.test('a list of one may be written as the one, and an empty one not at all', async (t) => {
  const eureka = await startEureka(t)
  eureka.writesSinglesAsObjects = true
  const told = follow(t, eurekaProvider(t, eurekaSettings(eureka.url)))
  await eventually(() => told.answers.length > 0)
  t.match(told.answers[0], { instances: [], skipped: [] })
  eureka.register('orders', { id: 'one', host: '10.0.0.1', port: 8001 })
  await eventually(() => told.origins?.length === 1)
  eureka.register('orders', { id: 'two', host: '10.0.0.2', port: 8001 })
  await eventually(() => told.origins?.length === 2)
  eureka.cancel('orders', 'two')
  await eventually(() => told.origins?.join() === 'http://10.0.0.1:8001')
  t.equal(eureka.count('/apps'), 1, 'all by deltas')
  told.source.refresh()
  const before = told.answers.length
  await eventually(() => told.answers.length > before && eureka.count('/apps') === 2)
  t.strictSame(told.origins, ['http://10.0.0.1:8001'])
  t.strictSame(told.failures, [])
})
