import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { eventually } from '../support/client.ts'
import { startEureka } from '../support/eureka-server.ts'
import { eurekaProvider, eurekaSettings, follow } from './eureka-kit.ts'

for (const [chance, waitMs] of [
  [0, 27_000],
  [0.5, 30_000],
  [0.999, 32_994]
] as const) {
  t.test(`a delta after ${waitMs} ms where the chance is ${chance}`, async (t) => {
    const eureka = await startEureka(t)
    const clock = new FakeClock()
    const settings = eurekaSettings(eureka.url, { intervalMs: 30_000 })
    const told = follow(t, eurekaProvider(t, settings, { clock, random: { next: () => chance, id: () => '' } }))
    await eventually(() => told.answers.length === 1)
    let polls = 0
    const after = clock.after.bind(clock)
    // The limit of a request is the first timer that it makes.
    clock.after = (ms, run) => {
      polls++
      return after(ms, run)
    }
    clock.advance(waitMs - 1)
    t.equal(polls, 0)
    clock.advance(1.1)
    t.equal(polls, 1)
    await eventually(() => told.answers.length === 2)
    t.strictSame(
      eureka.seen.map(({ path }) => path),
      ['/apps', '/apps/delta']
    )
  })
}
