import t from 'tap'
import { ageGcra, decideGcra, newGcraState, recordGcra, type GcraState } from '../../src/policy/limiter/gcra.ts'
import { compileTerms, type LimitTerms } from '../../src/policy/limiter/terms.ts'

const START_US = 7_199_254_740_993

function termsOf(limit: number, burst: number): LimitTerms {
  return compileTerms({ id: 'r', algorithm: 'gcra', limit, windowMs: 60_000, burst, calendar: null })
}

/** How many of one unit each are let in at this moment. */
function letIn(terms: LimitTerms, state: GcraState, nowUs: number): number {
  let count = 0
  for (ageGcra(terms, state, nowUs); decideGcra(terms, state, 1).allowed; count++) recordGcra(state, 1)
  return count
}

t.test('a raised limit lets exactly the difference in', (t) => {
  const state = newGcraState()
  t.equal(letIn(termsOf(10, 10), state, START_US), 10)
  t.equal(letIn(termsOf(25, 25), state, START_US), 15)
  t.end()
})

t.test('a lowered limit forgives nothing', (t) => {
  const state = newGcraState()
  t.equal(letIn(termsOf(20, 20), state, START_US), 20)
  const lower = termsOf(5, 5)
  ageGcra(lower, state, START_US)
  t.match(decideGcra(lower, state, 1), { allowed: false, remaining: 0, resetMs: 240_000, retryAfterMs: 192_000 })
  t.equal(letIn(lower, state, START_US + 192_000_000 - 1), 0)
  t.equal(letIn(lower, state, START_US + 192_000_000), 1)
  t.end()
})

t.test('a clock that is set back neither opens nor closes it', (t) => {
  const state = newGcraState()
  const terms = termsOf(60, 10)
  letIn(terms, state, START_US)
  const backUs = START_US - 3_600_000_000
  t.equal(letIn(terms, state, backUs), 0, 'not opened')
  t.equal(letIn(terms, state, backUs + 999_999), 0)
  t.equal(letIn(terms, state, backUs + 1_000_000), 1, 'one flows out in a second, as ever')
  t.end()
})

t.test('costs of nothing, of too much and below nothing', (t) => {
  const state = newGcraState()
  const terms = termsOf(60, 10)
  ageGcra(terms, state, START_US)
  t.strictSame(decideGcra(terms, state, 11), { allowed: false, remaining: 10, resetMs: 0, retryAfterMs: Infinity })
  recordGcra(state, 25)
  t.strictSame(decideGcra(terms, state, 0), { allowed: true, remaining: 0, resetMs: 25_000, retryAfterMs: 0 }, 'nothing is always allowed')
  t.match(decideGcra(terms, state, 1), { allowed: false, retryAfterMs: 16_000 }, 'what lies past the limit holds up')
  recordGcra(state, -17)
  t.match(decideGcra(terms, state, 2), { allowed: true, remaining: 0 })
  recordGcra(state, -100)
  t.match(decideGcra(terms, state, 0), { remaining: 10, resetMs: 0 }, 'never better than empty')
  t.match(decideGcra(terms, state, 3, 8), { allowed: false, remaining: 10, retryAfterMs: Infinity }, 'behind an earlier question')
  t.match(decideGcra(terms, state, 3, 7), { allowed: true, remaining: 0 })
  t.end()
})
