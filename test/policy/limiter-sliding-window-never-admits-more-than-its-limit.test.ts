import t from 'tap'
import { SlidingLog } from '../../src/policy/limiter/sliding-log.ts'
import { ageSlidingWindow, decideSlidingWindow, recordSlidingWindow } from '../../src/policy/limiter/sliding-window.ts'
import { compileTerms } from '../../src/policy/limiter/terms.ts'
import fc from '../support/property.ts'

const START_US = 7_199_254_740_993
const WINDOW_US = 1_000_000

function termsOf(limit: number, maxEntries = Infinity, cellMs = 0) {
  const rule = { id: 'r', algorithm: 'sliding-window', limit, windowMs: WINDOW_US / 1000, burst: 1, calendar: null } as const
  return compileTerms({ ...rule, ...(cellMs === 0 ? {} : { cellMs }) }, maxEntries)
}

/** Most units in any stretch of a window. */
function mostInAWindow(admitted: readonly (readonly [number, number])[]): number {
  let [most, units, from] = [0, 0, 0]
  for (const [at, cost] of admitted) {
    units += cost
    for (; (admitted[from] as readonly [number, number])[0] <= at - WINDOW_US; from++) units -= (admitted[from] as readonly [number, number])[1]
    most = Math.max(most, units)
  }
  return most
}

t.test('in no stretch of a window is more admitted than the limit, and the limit is reached', (t) => {
  const arrivals = fc.array(fc.tuple(fc.integer({ min: 0, max: 200_000 }), fc.integer({ min: 1, max: 4 })), { minLength: 20, maxLength: 200 })
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(Infinity, 4, 16),
      fc.constantFrom(0, 7, 250),
      arrivals,
      (limit, maxEntries, cellMs, arrivals) => {
        const terms = termsOf(limit, maxEntries, cellMs)
        const log = new SlidingLog()
        const admitted: [number, number][] = []
        let nowUs = START_US
        for (const [us, cost] of arrivals) {
          nowUs += us
          ageSlidingWindow(terms, log, nowUs)
          if (!decideSlidingWindow(terms, log, cost, nowUs).allowed) continue
          recordSlidingWindow(terms, log, cost, nowUs)
          admitted.push([nowUs, cost])
          if (log.entries > Math.min(limit, maxEntries)) throw new Error(`${log.entries} entries of at most ${maxEntries}`)
        }
        if (mostInAWindow(admitted) > limit) throw new Error(`${mostInAWindow(admitted)} in a window of ${limit}`)
      }
    ),
    { numRuns: 300 }
  )
  const [terms, log] = [termsOf(50), new SlidingLog()]
  let admitted = 0
  for (let nowUs = START_US; nowUs < START_US + 10 * WINDOW_US; nowUs += 1000) {
    ageSlidingWindow(terms, log, nowUs)
    if (!decideSlidingWindow(terms, log, 1, nowUs).allowed) continue
    recordSlidingWindow(terms, log, 1, nowUs)
    admitted++
  }
  t.equal(admitted, 500)
  t.end()
})

t.test('a log that cannot hold its limit is a little strict, never lax', (t) => {
  const terms = termsOf(10_000, 100)
  const log = new SlidingLog()
  for (let i = 0; i < 10_000; i++) recordSlidingWindow(terms, log, 1, START_US + i * 50)
  t.ok(log.entries <= 100, `${log.entries} entries`)
  const nowUs = START_US + 500_000
  ageSlidingWindow(terms, log, nowUs)
  const { allowed, retryAfterMs } = decideSlidingWindow(terms, log, 1, nowUs)
  t.notOk(allowed)
  t.ok(retryAfterMs >= 500 && retryAfterMs <= 510, `the first goes at most a hundredth of the window late: ${retryAfterMs}`)
  t.end()
})

t.test('cells of time bound what is remembered of a large limit, and make it a little strict', (t) => {
  const terms = termsOf(1_000_000, Infinity, 10)
  const log = new SlidingLog()
  let most = 0
  for (let nowUs = START_US; nowUs < START_US + 3 * WINDOW_US; nowUs += 37) {
    ageSlidingWindow(terms, log, nowUs)
    recordSlidingWindow(terms, log, 1, nowUs)
    most = Math.max(most, log.entries)
  }
  t.equal(most, 101, 'one for each cell, and for the one that ends')
  const [inCells, single] = [termsOf(2, Infinity, 10), new SlidingLog()]
  const cellUs = START_US - (START_US % 10_000)
  for (const us of [0, 9999]) recordSlidingWindow(inCells, single, 1, cellUs + us)
  t.match(decideSlidingWindow(inCells, single, 1, cellUs + 10_000), { allowed: false, retryAfterMs: 999.999 }, 'both count from the newer on')
  recordSlidingWindow(inCells, single, 1, cellUs + 10_000)
  t.equal(single.entries, 2, 'the next cell begins')
  t.equal(termsOf(1_000_000, 50, 10).cellUs, 20_000, 'wider where the log would not fit')
  t.equal(termsOf(1_000_000, 100, 10).cellUs, 10_000)
  t.end()
})

t.test('charges past the limit are all counted in a log that is bounded', (t) => {
  const terms = termsOf(3)
  const log = new SlidingLog()
  for (let i = 0; i < 1000; i++) recordSlidingWindow(terms, log, 1, START_US + i)
  t.equal(log.total, 1000)
  t.equal(log.entries, 3)
  t.ok(log.bytes < 400, `${log.bytes} bytes`)
  t.match(decideSlidingWindow(terms, log, 1, START_US + 1000), { allowed: false, remaining: 0, retryAfterMs: 999.999 })
  recordSlidingWindow(terms, log, -999, START_US + 1000)
  t.match(decideSlidingWindow(terms, log, 2, START_US + 1000), { allowed: true, remaining: 0 })
  t.end()
})

t.test('sums that grow without end stay exact', (t) => {
  const limit = 2 ** 51
  const terms = termsOf(limit)
  const log = new SlidingLog()
  for (let i = 0; i < 40; i++) {
    const nowUs = START_US + (i * WINDOW_US) / 2
    ageSlidingWindow(terms, log, nowUs)
    recordSlidingWindow(terms, log, limit / 2 - 1, nowUs)
    ageSlidingWindow(terms, log, nowUs)
    t.equal(decideSlidingWindow(terms, log, 0, nowUs).remaining, i === 0 ? limit / 2 + 1 : 2)
  }
  t.end()
})

t.test('a log of several segments finds, drops and takes back across their borders', (t) => {
  const terms = termsOf(1030)
  const log = new SlidingLog()
  for (let i = 0; i < 1030; i++) recordSlidingWindow(terms, log, 1, START_US + i)
  const nowUs = START_US + 2000
  for (const cost of [1, 511, 512, 513, 1024, 1025, 1030])
    t.equal(decideSlidingWindow(terms, log, cost, nowUs).retryAfterMs, (WINDOW_US + cost - 1 - 2000) / 1000, `room for ${cost}`)
  const full = log.bytes
  recordSlidingWindow(terms, log, -6, nowUs)
  t.equal(log.newestUs, START_US + 1023)
  recordSlidingWindow(terms, log, -1, nowUs)
  t.equal(log.newestUs, START_US + 1022)
  t.equal(log.total, 1023)
  t.ok(log.bytes < full - 8000, 'a segment less')
  ageSlidingWindow(terms, log, START_US + WINDOW_US + 511)
  t.equal(log.total, 511)
  t.equal(log.entries, 511)
  t.ok(log.bytes < full - 16_000, 'another one less')
  recordSlidingWindow(terms, log, -1000, nowUs)
  t.strictSame([log.total, log.entries, log.newestUs], [0, 0, -Infinity])
  recordSlidingWindow(terms, log, 2, START_US + 2 * WINDOW_US)
  t.match(decideSlidingWindow(terms, log, 1029, START_US + 2 * WINDOW_US), { allowed: false, remaining: 1028, retryAfterMs: 1000 })
  t.end()
})
