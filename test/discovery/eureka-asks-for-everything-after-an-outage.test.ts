import t from 'tap'
import type { Clock } from '../../src/plugin-api/index.ts'
import { systemClock } from '../../src/system/clock.ts'
import { eventually } from '../support/client.ts'
import { startEureka } from '../support/eureka-server.ts'
import { eurekaProvider, eurekaSettings, follow, NEVER_MS } from './eureka-kit.ts'

/** One instance takes the place of another, which no hash tells, and no delta any more. */
function swap(eureka: Awaited<ReturnType<typeof startEureka>>): void {
  eureka.cancel('orders', 'one')
  eureka.register('orders', { id: 'two', host: '10.0.0.2', port: 8001 })
  eureka.forgetChanges()
}

t.test('after a failure', async (t) => {
  const eureka = await startEureka(t)
  eureka.register('orders', { id: 'one', host: '10.0.0.1', port: 8001 })
  const told = follow(t, eurekaProvider(t, eurekaSettings(eureka.url)))
  await eventually(() => told.origins?.length === 1)
  await eureka.down()
  await eventually(() => told.failures.length > 0)
  swap(eureka)
  await eureka.up()
  await eventually(() => told.origins?.join() === 'http://10.0.0.2:8001')
})

t.test('after longer than a delta goes back', async (t) => {
  const eureka = await startEureka(t)
  eureka.register('orders', { id: 'one', host: '10.0.0.1', port: 8001 })
  let lateMs = 0
  let poll: () => unknown = () => t.fail('no poll is due')
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + lateMs,
    after(ms, run) {
      if (ms < NEVER_MS / 2) return systemClock.after(ms, run)
      poll = run
      return () => {}
    }
  }
  const told = follow(t, eurekaProvider(t, eurekaSettings(eureka.url, { intervalMs: NEVER_MS }), { clock }))
  await eventually(() => told.answers.length === 1)
  poll()
  await eventually(() => told.answers.length === 2)
  t.strictSame([eureka.count('/apps'), eureka.count('/apps/delta')], [1, 1])
  swap(eureka)
  // As of a process that was stopped for a while.
  lateMs = 180_000
  poll()
  await eventually(() => told.answers.length === 3)
  t.strictSame(told.origins, ['http://10.0.0.2:8001'])
  t.strictSame([eureka.count('/apps'), eureka.count('/apps/delta')], [2, 1])
})
