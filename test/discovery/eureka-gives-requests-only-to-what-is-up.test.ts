import t from 'tap'
import { eventually } from '../support/client.ts'
import { startEureka } from '../support/eureka-server.ts'
import { eurekaProvider, eurekaSettings, follow } from './eureka-kit.ts'

t.test('an instance gets requests while its status is UP', async (t) => {
  const eureka = await startEureka(t)
  eureka.register('orders', { id: 'one', host: '10.0.0.1', port: 8001 })
  eureka.register('orders', { id: 'two', host: '10.0.0.2', port: 8001, status: 'STARTING' })
  const told = follow(t, eurekaProvider(t, eurekaSettings(eureka.url)))
  await eventually(() => told.last !== undefined)
  t.strictSame(told.origins, ['http://10.0.0.1:8001'])
  eureka.setStatus('orders', 'two', 'UP')
  await eventually(() => told.origins?.length === 2)
  for (const status of ['DOWN', 'OUT_OF_SERVICE', 'UNKNOWN', 'SOMETHING_NEW']) {
    eureka.setStatus('orders', 'two', status)
    await eventually(() => told.origins?.join() === 'http://10.0.0.1:8001')
    eureka.setStatus('orders', 'two', 'UP')
    await eventually(() => told.origins?.length === 2)
  }
  t.ok(
    told.answers.every(({ skipped }) => skipped.length === 0),
    'which is nothing to complain about'
  )
})
