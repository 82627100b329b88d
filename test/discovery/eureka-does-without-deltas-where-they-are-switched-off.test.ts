import t from 'tap'
import { eventually } from '../support/client.ts'
import { startEureka } from '../support/eureka-server.ts'
import { eurekaProvider, eurekaSettings, follow } from './eureka-kit.ts'

for (const status of [403, 404, 500]) {
  t.test(`${status} for a delta is no failure: everything is asked for instead`, async (t) => {
    const eureka = await startEureka(t)
    eureka.deltaStatus = status
    eureka.register('orders', { host: '10.0.0.1', port: 8001 })
    const told = follow(t, eurekaProvider(t, eurekaSettings(eureka.url)))
    await eventually(() => told.origins?.length === 1)
    eureka.register('orders', { host: '10.0.0.2', port: 8001 })
    await eventually(() => told.origins?.length === 2)
    t.ok(eureka.count('/apps/delta') > 0)
    t.strictSame(told.failures, [])
  })
}
