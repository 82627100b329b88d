import t from 'tap'
import rateLimit from '../../plugins/rate-limit/index.ts'
import { FakeClock, testPlugin } from '../../src/plugin-api/testing.ts'
import { createMemoryStore } from '../../src/stores/memory/memory-store.ts'
import fc from '../support/property.ts'

const WINDOW_MS = 1000

type Model = (admitted: readonly number[], now: number, limit: number) => boolean

/** Whether one more is admitted, from the times of all that were. */
const MODELS: Readonly<Record<string, Model>> = {
  'sliding-window': (admitted, now, limit) => admitted.filter((at) => now - at < WINDOW_MS).length < limit,
  'fixed-window': (admitted, now, limit) => {
    let start = -Infinity
    let count = 0
    for (const at of admitted) {
      if (at - start >= WINDOW_MS) [start, count] = [at, 0]
      count++
    }
    return now - start >= WINDOW_MS || count < limit
  },
  // The theoretical arrival time of ITU-T I.371, in 1/limit of a millisecond: all whole numbers.
  gcra: (admitted, now, limit) => {
    let arrival = -Infinity
    for (const at of admitted) arrival = Math.max(arrival, at * limit) + WINDOW_MS
    return arrival - now * limit <= WINDOW_MS * (limit - 1)
  }
}

const steps = fc.array(fc.oneof(fc.nat(30), fc.constantFrom(200, 250, 500, 999, 1000, 1001)), { minLength: 1, maxLength: 60 })

for (const [algorithm, model] of Object.entries(MODELS)) {
  t.test(`${algorithm} lets pass exactly what a naive model does`, async () => {
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 7 }), async (waits, limit) => {
        // From 0, so that the model is exact too.
        const clock = new FakeClock(0)
        const memory = createMemoryStore({ maxKeys: 10, maxBytes: 1_000_000, clock })
        const bench = await testPlugin(rateLimit, { limit, window: '1s', algorithm }, { clock, limits: { memory } })
        const admitted: number[] = []
        let agrees = true
        for (const wait of waits) {
          clock.advance(wait)
          const expected = model(admitted, clock.now(), limit)
          if (expected) admitted.push(clock.now())
          const { statusCode } = await bench.inject('/')
          agrees &&= statusCode === (expected ? 200 : 429)
        }
        await bench.close()
        return agrees
      }),
      { numRuns: 10 }
    )
  })
}
