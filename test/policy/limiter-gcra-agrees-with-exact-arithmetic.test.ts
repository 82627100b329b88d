import t from 'tap'
import { ageGcra, decideGcra, newGcraState, recordGcra, resetOfGcraUs } from '../../src/policy/limiter/gcra.ts'
import { compileTerms } from '../../src/policy/limiter/terms.ts'
import type { LimitRule, LimitVerdict } from '../../src/policy/limiter/types.ts'
import fc from '../support/property.ts'

const START_US = 7_199_254_740_993

function ruleOf(limit: number, windowMs: number, burst: number): LimitRule {
  return { id: 'r', algorithm: 'gcra', limit, windowMs, burst, calendar: null }
}

/** A bucket of whole numbers without end: it holds `parts / (windowUs)` units. */
class ExactBucket {
  parts = 0n
  atUs = 0n
  windowUs = 1n

  age(rule: LimitRule, nowUs: number): void {
    const windowUs = BigInt(Math.round(rule.windowMs * 1000))
    this.parts = ceil(this.parts * windowUs, this.windowUs)
    this.windowUs = windowUs
    const elapsed = BigInt(nowUs) - this.atUs
    if (elapsed > 0n) this.parts -= elapsed * BigInt(rule.limit)
    if (this.parts < 0n) this.parts = 0n
    this.atUs = BigInt(nowUs)
  }

  decide(rule: LimitRule, cost: number): LimitVerdict {
    const wanted = this.parts + BigInt(cost) * this.windowUs
    const burst = BigInt(rule.burst) * this.windowUs
    const allowed = cost === 0 || wanted <= burst
    const held = allowed ? wanted : this.parts
    const waitUs = cost > rule.burst ? Infinity : Number(ceil(wanted - burst, BigInt(rule.limit)))
    const remaining = held > burst ? 0 : Number((burst - held) / this.windowUs)
    return { allowed, remaining, resetMs: Number(ceil(held, BigInt(rule.limit))) / 1000, retryAfterMs: allowed ? 0 : waitUs / 1000 }
  }

  record(cost: number): void {
    this.parts += BigInt(cost) * this.windowUs
    if (this.parts < 0n) this.parts = 0n
  }
}

const ceil = (dividend: bigint, divisor: bigint): bigint => (dividend + divisor - 1n) / divisor

const rules = fc
  .tuple(
    fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 1_000_000_000 }), fc.constantFrom(999_983, 1_000_000)),
    fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.constantFrom(0.333, 1000, 60_000, 86_400_000, 2_678_400_000)),
    fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 1_000_000_000 }))
  )
  .map(([limit, windowMs, burst]) => ruleOf(limit, windowMs, burst))

const steps = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('consume' as const), cost: fc.integer({ min: 0, max: 14 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('consume' as const), cost: fc.integer({ min: 1, max: 1_000_000_000 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('charge' as const), cost: fc.integer({ min: -20, max: 20 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('charge' as const), cost: fc.integer({ min: -1_000_000_000, max: 1_000_000_000 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('wait' as const), us: fc.integer({ min: 0, max: 300_000 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), us: fc.integer({ min: -10_000_000_000, max: 3_000_000_000_000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rule' as const), rule: rules }) }
)

t.test('gcra agrees with a bucket of exact fractions, whatever the clock, the costs and the limits do', (t) => {
  fc.assert(
    fc.property(rules, fc.array(steps, { minLength: 1, maxLength: 60 }), (first, steps) => {
      const [state, exact] = [newGcraState(), new ExactBucket()]
      let [rule, nowUs] = [first, START_US]
      for (const step of steps) {
        if (step.kind === 'wait') nowUs = Math.max(0, nowUs + step.us)
        if (step.kind === 'rule') rule = step.rule
        const terms = compileTerms(rule)
        ageGcra(terms, state, nowUs)
        exact.age(rule, nowUs)
        if (step.kind === 'consume') {
          const verdict = decideGcra(terms, state, step.cost)
          const expected = exact.decide(rule, step.cost)
          if (JSON.stringify(verdict) !== JSON.stringify(expected)) throw new Error(`${JSON.stringify(verdict)} not ${JSON.stringify(expected)}`)
        }
        if (step.kind === 'charge' || (step.kind === 'consume' && exact.decide(rule, step.cost).allowed)) {
          recordGcra(state, step.cost)
          exact.record(step.cost)
        }
        const { resetMs } = exact.decide(rule, 0)
        if (resetOfGcraUs(terms, state) / 1000 !== resetMs) throw new Error(`reset after ${resetOfGcraUs(terms, state)} µs, not ${resetMs} ms`)
        const parts = BigInt(state.units) * BigInt(state.windowUs) + BigInt(state.fraction)
        if (parts !== exact.parts) throw new Error(`holds ${parts}, not ${exact.parts}`)
      }
    }),
    { numRuns: 600 }
  )
  t.pass('all runs agreed')
  t.end()
})

t.test('it lets the same arrivals in as a theoretical arrival time, the first form of the algorithm', (t) => {
  fc.assert(
    fc.property(
      rules,
      fc.array(fc.tuple(fc.integer({ min: 0, max: 400_000 }), fc.integer({ min: 1, max: 5 })), { maxLength: 80 }),
      (rule, arrivals) => {
        const terms = compileTerms(rule)
        const state = newGcraState()
        const [limit, window, burst] = [BigInt(rule.limit), BigInt(terms.windowUs), BigInt(rule.burst)]
        // In parts of a µs, as many as the limit.
        let arrivalTime = 0n
        let nowUs = START_US
        for (const [us, cost] of arrivals) {
          nowUs += us
          const now = BigInt(nowUs) * limit
          const next = (arrivalTime > now ? arrivalTime : now) + BigInt(cost) * window
          const expected = next - now <= burst * window
          ageGcra(terms, state, nowUs)
          const { allowed } = decideGcra(terms, state, cost)
          if (allowed !== expected) throw new Error(`${allowed} at ${nowUs}`)
          if (allowed) recordGcra(state, cost)
          if (expected) arrivalTime = next
        }
      }
    )
  )
  t.pass('all runs agreed')
  t.end()
})

t.test('not one unit too many or too few drifts in, also where an interval is no whole number of anything', (t) => {
  for (const [limit, windowMs, burst, stepUs] of [
    [7, 1000, 3, 997],
    [3, 1000, 2, 10_007],
    [999_983, 86_400_000, 5, 17_011],
    [13, 77.777, 13, 131]
  ] as const) {
    const terms = compileTerms(ruleOf(limit, windowMs, burst))
    const state = newGcraState()
    let admitted = 0
    const looks = 200_000
    for (let i = 0; i < looks; i++) {
      ageGcra(terms, state, START_US + i * stepUs)
      if (!decideGcra(terms, state, 1).allowed) continue
      recordGcra(state, 1)
      admitted++
    }
    const elapsed = BigInt((looks - 1) * stepUs)
    t.equal(admitted, burst + Number((elapsed * BigInt(limit)) / BigInt(terms.windowUs)), `${limit} in ${windowMs} ms`)
  }
  t.end()
})

t.test('what may be retried after some time is allowed then, and not a microsecond before', (t) => {
  let retried = 0
  fc.assert(
    fc.property(rules, fc.integer({ min: 0, max: 11 }), fc.integer({ min: 0, max: 5000 }), (rule, costs, waitUs) => {
      const cost = 1 + (costs % rule.burst)
      const terms = compileTerms(rule)
      const state = newGcraState()
      ageGcra(terms, state, START_US)
      recordGcra(state, rule.burst)
      ageGcra(terms, state, START_US + waitUs)
      const { allowed, retryAfterMs } = decideGcra(terms, state, cost)
      if (allowed || retryAfterMs === Infinity || retryAfterMs > 1e9) return
      retried++
      const retryUs = START_US + waitUs + Math.round(retryAfterMs * 1000)
      const early = { ...state }
      ageGcra(terms, early, retryUs - 1)
      ageGcra(terms, state, retryUs)
      if (decideGcra(terms, early, cost).allowed || !decideGcra(terms, state, cost).allowed) throw new Error(`not after ${retryAfterMs} ms`)
    }),
    { numRuns: 400 }
  )
  t.ok(retried > 30, `${retried} had to wait`)
  t.end()
})

t.test('the pace of ordinary rules is in such low terms that doubles are enough', (t) => {
  const paces: readonly (readonly [limit: number, windowMs: number, units: number, us: number])[] = [
    [1_000_000, 86_400_000, 1, 86_400],
    [100, 60_000, 1, 600_000],
    [7, 1000, 7, 1_000_000],
    [10_000_000_000, 86_400_000, 25, 216]
  ]
  for (const [limit, windowMs, units, us] of paces) {
    const { paceUnits, paceUs, divisor } = compileTerms(ruleOf(limit, windowMs, 1))
    t.strictSame([paceUnits, paceUs, divisor], [units, us, limit / units], `${limit} in ${windowMs} ms`)
  }
  t.end()
})
