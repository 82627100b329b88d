import t from 'tap'
import type { Clock } from '../../src/plugin-api/index.ts'
import { systemClock } from '../../src/system/clock.ts'
import { eventually } from '../support/client.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { endpoint, follow, kubernetesQuery, kubernetesSettings } from './kubernetes-kit.ts'

t.test('a server that ends each watch at once is asked at longer and longer intervals', async (t) => {
  const api = await startKubernetesApi(t)
  api.apply('a', { service: 'orders', endpoints: [endpoint('10.0.0.1')] })
  api.endsWatchesAtOnce = true
  // Waits pass at once, and are written down. Time limits of requests are whole seconds and more.
  const waits: number[] = []
  const clock: Clock = {
    ...systemClock,
    after(ms, run) {
      if (ms >= 6000) return systemClock.after(ms, run)
      waits.push(ms)
      return systemClock.after(0, run)
    }
  }
  const told = follow(t, kubernetesSettings(api.url), kubernetesQuery('orders'), { clock, random: { next: () => 0, id: () => '' } })
  await eventually(() => waits.length >= 8)
  t.strictSame(waits.slice(0, 8), [50, 100, 200, 400, 800, 1600, 2500, 2500])
  t.strictSame(told.failures, [])
  t.equal(told.answers.length, 1, 'and nothing is told that is not known')
})
