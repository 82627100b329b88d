import t from 'tap'
import type { Clock } from '../../src/plugin-api/index.ts'
import { systemClock } from '../../src/system/clock.ts'
import { eventually } from '../support/client.ts'
import { startEureka } from '../support/eureka-server.ts'
import { eurekaProvider, eurekaQuery, eurekaSettings, follow, NEVER_MS } from './eureka-kit.ts'

t.test('nobody is polled for nobody, and no timer or connection is left', async (t) => {
  const eureka = await startEureka(t)
  eureka.register('orders', { id: 'one', host: '10.0.0.1', port: 8001 })
  const timers = new Set<object>()
  const clock: Clock = {
    ...systemClock,
    after(ms, run) {
      const timer = {}
      timers.add(timer)
      const cancel = systemClock.after(ms, () => {
        timers.delete(timer)
        run()
      })
      return () => {
        timers.delete(timer)
        cancel()
      }
    }
  }
  const provider = eurekaProvider(t, eurekaSettings(eureka.url, { intervalMs: NEVER_MS }), { clock })
  t.equal(timers.size, 0, 'nobody has asked yet')
  const first = follow(t, provider)
  const second = follow(t, provider, eurekaQuery('users'))
  await eventually(() => second.answers.length === 1)
  first.source.stop()
  t.equal(timers.size, 1, 'the next poll')
  second.source.stop()
  t.equal(timers.size, 0)
  first.source.refresh()
  second.source.refresh()
  t.equal(timers.size, 0)
  // Whoever comes later is not told what is no longer kept up to date.
  eureka.cancel('orders', 'one')
  const third = follow(t, provider)
  await eventually(() => third.answers.length === 1)
  t.strictSame(third.origins, [])
  t.strictSame([first.answers.length, second.answers.length, eureka.seen.length], [1, 1, 2])
  third.source.refresh()
  t.equal(timers.size, 1, 'the limit of a request')
  third.source.stop()
  provider.close()
  await eventually(() => eureka.connections === 0)
  await eventually(() => timers.size === 0)
  t.strictSame([third.answers.length, third.failures.length], [1, 0])
})
