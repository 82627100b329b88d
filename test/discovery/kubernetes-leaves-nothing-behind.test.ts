import t from 'tap'
import { createKubernetesProvider } from '../../src/discovery/kubernetes/provider.ts'
import type { Clock } from '../../src/plugin-api/index.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { eventually } from '../support/client.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { Recorder } from './contract.ts'
import { endpoint, kubernetesQuery, kubernetesSettings } from './kubernetes-kit.ts'

t.test('stop ends the watch, close the connections, and no timer is left', async (t) => {
  const api = await startKubernetesApi(t)
  api.apply('a', { service: 'orders', endpoints: [endpoint('10.0.0.1')] })
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
  const provider = createKubernetesProvider(kubernetesSettings(api.url), { clock, random: createSystemRandom() })
  const [watching, failing] = [new Recorder(), new Recorder()]
  const first = provider.watch(kubernetesQuery('orders'), watching)
  await eventually(() => api.watches === 1)
  api.forbidden = ['list']
  const second = provider.watch(kubernetesQuery('users'), failing)
  await eventually(() => failing.failures.length > 0)
  t.ok(timers.size >= 2, 'a limit of the watch and a wait')
  first.stop()
  second.stop()
  await eventually(() => api.watches === 0)
  t.equal(timers.size, 0)
  const asked = api.seen.length
  first.refresh()
  second.refresh()
  api.apply('b', { service: 'orders', endpoints: [endpoint('10.0.0.2')] })
  // By the time that somebody else is answered, they would have been, too.
  api.forbidden = []
  const other = new Recorder()
  const third = provider.watch(kubernetesQuery('others'), other)
  await eventually(() => other.answers.length > 0 && api.watches === 1)
  third.stop()
  t.equal(api.seen.length, asked + 2, 'a list and a watch of the third')
  t.strictSame([watching.answers.length, watching.failures.length], [1, 0])
  provider.close()
  await eventually(() => api.connections === 0)
  t.equal(timers.size, 0)
})
