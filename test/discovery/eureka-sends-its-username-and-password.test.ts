import t from 'tap'
import { eventually } from '../support/client.ts'
import { startEureka } from '../support/eureka-server.ts'
import { eurekaProvider, eurekaSettings, follow } from './eureka-kit.ts'

t.test('basic authentication with each request', async (t) => {
  const eureka = await startEureka(t)
  eureka.credentials = 'gateway:s3cret:with:colons'
  eureka.register('orders', { host: '10.0.0.1', port: 8001 })
  const settings = eurekaSettings(eureka.url, { username: 'gateway', password: 's3cret:with:colons' })
  const told = follow(t, eurekaProvider(t, settings))
  await eventually(() => eureka.count('/apps/delta') > 0 && told.origins?.length === 1)
  t.ok(eureka.seen.every(({ status }) => status === 200))
  t.strictSame(told.failures, [])
})

t.test('a refusal is a failure that says so without the password', async (t) => {
  const eureka = await startEureka(t)
  eureka.credentials = 'gateway:right'
  const told = follow(t, eurekaProvider(t, eurekaSettings(eureka.url, { username: 'gateway', password: 'wrong' })))
  await eventually(() => told.failures.length > 0)
  t.equal(told.failures[0]?.message, 'Eureka does not accept the username and the password')
  t.strictSame(told.answers, [])
})
