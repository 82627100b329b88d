import t from 'tap'
import { eventually } from '../support/client.ts'
import { startEureka } from '../support/eureka-server.ts'
import { eurekaProvider, eurekaSettings, follow } from './eureka-kit.ts'

t.test('changes come as deltas, and one that was missed is repaired by asking for everything', async (t) => {
  const eureka = await startEureka(t)
  eureka.register('orders', { host: '10.0.0.1', port: 8001 })
  const told = follow(t, eurekaProvider(t, eurekaSettings(eureka.url)))
  await eventually(() => told.origins?.length === 1)
  eureka.register('orders', { host: '10.0.0.2', port: 8001 })
  await eventually(() => told.origins?.length === 2)
  t.equal(eureka.count('/apps'), 1, 'the delta was enough')
  // Too old for any delta before anybody asked.
  eureka.cancel('orders', '10.0.0.1:orders:8001')
  eureka.forgetChanges()
  await eventually(() => told.origins?.length === 1)
  t.strictSame(told.origins, ['http://10.0.0.2:8001'])
  t.equal(eureka.count('/apps'), 2)
  const deltas = eureka.count('/apps/delta')
  await eventually(() => eureka.count('/apps/delta') > deltas + 2)
  t.equal(eureka.count('/apps'), 2, 'then deltas are enough again')
  t.strictSame(told.failures, [])
})
