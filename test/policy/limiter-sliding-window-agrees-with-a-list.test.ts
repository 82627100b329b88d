import t from 'tap'
import { SlidingLog } from '../../src/policy/limiter/sliding-log.ts'
import { ageSlidingWindow, decideSlidingWindow, recordSlidingWindow, resetOfSlidingWindowUs } from '../../src/policy/limiter/sliding-window.ts'
import { compileTerms } from '../../src/policy/limiter/terms.ts'
import type { LimitRule } from '../../src/policy/limiter/types.ts'
import { AdmissionList } from '../support/admission-list.ts'
import fc from '../support/property.ts'

const START_US = 7_199_254_740_993

function ruleOf(limit: number, windowMs: number, cellMs: number): LimitRule {
  return { id: 'r', algorithm: 'sliding-window', limit, windowMs, burst: 1, calendar: null, ...(cellMs === 0 ? {} : { cellMs }) }
}

const rules = fc
  .tuple(
    fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 3000 })),
    fc.constantFrom(1, 50, 1000, 60_000),
    fc.constantFrom(0, 0, 0.007, 3, 50)
  )
  .map(([limit, windowMs, cellMs]) => ruleOf(limit, windowMs, cellMs))
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
  let [segmented, shared] = [0, 0]
  fc.assert(
    fc.property(rules, fc.array(steps, { minLength: 1, maxLength: 40 }), (first, steps) => {
      const [log, list] = [new SlidingLog(), new AdmissionList()]
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
          list.record(rule, cost, nowUs)
        }
        if (log.total !== list.units.length) throw new Error(`holds ${log.total}, not ${list.units.length}`)
        if (log.entries !== list.moments) throw new Error(`${log.entries} entries`)
        const { resetMs } = list.decide(rule, 0, nowUs)
        if (resetOfSlidingWindowUs(terms, log, nowUs) / 1000 !== resetMs) throw new Error('another reset')
        if (log.entries > 512) segmented++
        if (rule.cellMs !== undefined && log.entries < list.units.length) shared++
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
  t.ok(shared > 100, 'some entries were shared by a cell')
  t.end()
})
