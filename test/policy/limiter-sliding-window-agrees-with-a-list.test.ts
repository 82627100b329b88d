import t from 'tap'
import { SlidingLog } from '../../src/policy/limiter/sliding-log.ts'
import { ageSlidingWindow, decideSlidingWindow, recordSlidingWindow, resetOfSlidingWindowUs } from '../../src/policy/limiter/sliding-window.ts'
import { compileTerms } from '../../src/policy/limiter/terms.ts'
import type { LimitRule, LimitVerdict } from '../../src/policy/limiter/types.ts'
import fc from '../support/property.ts'

const START_US = 7_199_254_740_993

function ruleOf(limit: number, windowMs: number): LimitRule {
  return { id: 'r', algorithm: 'sliding-window', limit, windowMs, burst: 1, calendar: null }
}

/** Each unit by itself, with the moment of its admission. */
class List {
  units: number[] = []

  age(rule: LimitRule, nowUs: number): void {
    const ahead = Math.max(0, (this.units.at(-1) ?? nowUs) - nowUs)
    this.units = this.units.map((at) => at - ahead).filter((at) => nowUs - at < rule.windowMs * 1000)
  }

  decide(rule: LimitRule, cost: number, nowUs: number): LimitVerdict {
    const windowUs = rule.windowMs * 1000
    const after = [...this.units, ...Array.from({ length: Math.min(cost, rule.limit + 1) }, () => nowUs)]
    const allowed = cost === 0 || after.length <= rule.limit
    const held = allowed ? after : this.units
    const last = held.at(-1)
    // The oldest units that have to go before there is room.
    const room = this.units[this.units.length + cost - rule.limit - 1] ?? Infinity
    const retryUs = allowed ? 0 : cost > rule.limit ? Infinity : room + windowUs - nowUs
    const resetUs = last === undefined ? 0 : last + windowUs - nowUs
    return { allowed, remaining: Math.max(0, rule.limit - held.length), resetMs: resetUs / 1000, retryAfterMs: retryUs / 1000 }
  }

  record(cost: number, nowUs: number): void {
    for (let i = 0; i < cost; i++) this.units.push(nowUs)
    if (cost < 0) this.units.splice(Math.max(0, this.units.length + cost))
  }
}

const rules = fc
  .tuple(fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 3000 })), fc.constantFrom(1, 50, 1000, 60_000))
  .map(([limit, windowMs]) => ruleOf(limit, windowMs))
const costs = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 900 }))
const steps = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('consume' as const), cost: costs }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('charge' as const), cost: fc.integer({ min: -30, max: 30 }) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('wait' as const), us: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30_000 })) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), us: fc.integer({ min: -100_000_000, max: 30_000_000 }) }) },
  // Hundreds of moments, so that a log has more than one segment.
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('many' as const), count: fc.integer({ min: 1, max: 900 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rule' as const), rule: rules }) }
)

t.test('a sliding window agrees with a list of all admissions, whatever the clock, the costs and the limits do', (t) => {
  let segmented = 0
  fc.assert(
    fc.property(rules, fc.array(steps, { minLength: 1, maxLength: 40 }), (first, steps) => {
      const [log, list] = [new SlidingLog(), new List()]
      let [rule, nowUs] = [first, START_US]
      const ask = (cost: number, always: boolean): void => {
        // A full log merges; that is the matter of another test.
        const terms = { ...compileTerms(rule), maxEntries: Infinity }
        ageSlidingWindow(terms, log, nowUs)
        list.age(rule, nowUs)
        const expected = list.decide(rule, Math.max(0, cost), nowUs)
        const verdict = decideSlidingWindow(terms, log, Math.max(0, cost), nowUs)
        if (JSON.stringify(verdict) !== JSON.stringify(expected)) throw new Error(`${JSON.stringify(verdict)} not ${JSON.stringify(expected)}`)
        if (expected.allowed || always) {
          recordSlidingWindow(terms, log, cost, nowUs)
          list.record(cost, nowUs)
        }
        if (log.total !== list.units.length) throw new Error(`holds ${log.total}, not ${list.units.length}`)
        if (log.entries !== new Set(list.units).size) throw new Error(`${log.entries} entries`)
        const { resetMs } = list.decide(rule, 0, nowUs)
        if (resetOfSlidingWindowUs(terms, log, nowUs) / 1000 !== resetMs) throw new Error('another reset')
        if (log.entries > 512) segmented++
      }
      for (const step of steps) {
        if (step.kind === 'wait') nowUs += step.us
        if (step.kind === 'rule') rule = step.rule
        if (step.kind === 'consume') ask(step.cost, false)
        if (step.kind === 'charge') ask(step.cost, true)
        if (step.kind === 'many') for (let i = 0; i < step.count; i++, nowUs += 3) ask(1, false)
      }
    }),
    { numRuns: 120 }
  )
  t.ok(segmented > 100, 'some logs had several segments')
  t.end()
})
