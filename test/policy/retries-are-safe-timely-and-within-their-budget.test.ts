import t from 'tap'
import { createRetryBudget } from '../../src/policy/retry/budget.ts'
import { decideRetry } from '../../src/policy/retry/decide-retry.ts'
import { parseRetryAfter } from '../../src/policy/retry/retry-after.ts'
import type { BudgetRule, RetryBudget, RetryFacts, RetryRule } from '../../src/policy/retry/types.ts'
import fc from '../support/property.ts'

const START = 9_007_199_254_741

const RULE: RetryRule = {
  attempts: 3,
  onConnectFailure: true,
  onReset: true,
  onTimeout: true,
  onStatus: new Set([503]),
  methods: new Set(['GET', 'PUT']),
  idempotencyHeader: null,
  backoffBaseMs: 100,
  backoffMaxMs: 250,
  budget: { ratio: 1, minPerSecond: 100, windowMs: 1000 },
  maxBodyBytes: 1000
}

const RESET = { kind: 'reset', nothingSent: false, reusedIdleSocket: false } as const

const FACTS: RetryFacts = {
  method: 'GET',
  hasIdempotencyKey: false,
  tries: 1,
  freeUsed: false,
  failure: RESET,
  bodyReplayable: true,
  responseBegan: false,
  remainingMs: Infinity
}

const plenty: RetryBudget = { request() {}, tryTake: () => true, configure() {} }
const none: RetryBudget = { request() {}, tryTake: () => false, configure() {} }

function reasonFor(facts: Partial<RetryFacts>, rule: Partial<RetryRule> = {}, budget = plenty): string {
  const decision = decideRetry({ ...FACTS, ...facts }, { ...RULE, ...rule }, budget, () => 0.5, START)
  return decision.retry ? (decision.free ? 'free' : 'retry') : decision.reason
}

t.test('what is safe is tried again, and what is not says why', (t) => {
  const sent = { kind: 'connect', nothingSent: true, reusedIdleSocket: false } as const
  const cases: readonly [string, string, Partial<RetryFacts>, Partial<RetryRule>?, RetryBudget?][] = [
    ['a GET that was reset', 'retry', {}],
    ['a POST that was reset', 'unsafe-method', { method: 'POST' }],
    ['a POST of which nothing was sent', 'retry', { method: 'POST', failure: sent }],
    ['a POST answered 503', 'unsafe-method', { method: 'POST', failure: { kind: 'status', status: 503, retryAfterMs: null } }],
    ['a POST with a key, without opt-in', 'unsafe-method', { method: 'POST', hasIdempotencyKey: true }],
    ['a POST with a key, with opt-in', 'retry', { method: 'POST', hasIdempotencyKey: true }, { idempotencyHeader: 'idempotency-key' }],
    ['a POST without a key, with opt-in', 'unsafe-method', { method: 'POST' }, { idempotencyHeader: 'idempotency-key' }],
    ['an answer that began', 'response-began', { responseBegan: true, failure: { ...RESET, reusedIdleSocket: true } }],
    ['a status that is not named', 'not-configured', { failure: { kind: 'status', status: 500, retryAfterMs: null } }],
    ['a failure that is not named', 'not-configured', {}, { onReset: false }],
    ['a fault of the request itself', 'not-configured', { failure: { kind: 'other', nothingSent: true, reusedIdleSocket: false } }],
    ['without any retries', 'not-configured', {}, { attempts: 0 }],
    ['the third try failed', 'retry', { tries: 3 }],
    ['the last try failed', 'attempts-used', { tries: 4 }],
    ['a body that is gone', 'body-not-replayable', { bodyReplayable: false }],
    ['no time left', 'deadline', { remainingMs: 50 }],
    ['a moment left', 'retry', { remainingMs: 51 }],
    ['no budget left', 'budget', {}, {}, none],
    ['a stale connection', 'free', { failure: { ...RESET, reusedIdleSocket: true } }, { attempts: 0, onReset: false }, none],
    ['a second stale connection', 'retry', { freeUsed: true, failure: { ...RESET, reusedIdleSocket: true } }],
    ['a stale connection under a POST', 'unsafe-method', { method: 'POST', failure: { ...RESET, reusedIdleSocket: true } }],
    ['a stale connection, the body gone', 'body-not-replayable', { bodyReplayable: false, failure: { ...RESET, reusedIdleSocket: true } }]
  ]
  for (const [title, expected, facts, rule, budget] of cases) t.equal(reasonFor(facts, rule, budget), expected, title)
  t.end()
})

t.test('the pause is drawn from nothing to the doubled base, up to the limit', (t) => {
  const pause = (tries: number, random: number): number => {
    const decision = decideRetry({ ...FACTS, tries }, { ...RULE, attempts: 9 }, plenty, () => random, START)
    return decision.retry ? decision.delayMs : -1
  }
  t.strictSame(
    [1, 2, 3, 4].map((tries) => pause(tries, 0.999)),
    [99.9, 199.8, 249.75, 249.75]
  )
  t.equal(pause(3, 0), 0)
  t.end()
})

t.test('Retry-After is waited for within the deadline, and without one for at most five seconds', (t) => {
  const wait = (retryAfterMs: number, remainingMs: number): unknown => {
    const decision = decideRetry({ ...FACTS, remainingMs, failure: { kind: 'status', status: 503, retryAfterMs } }, RULE, plenty, () => 0.5, START)
    return decision.retry ? decision.delayMs : decision.reason
  }
  t.equal(wait(2000, 3000), 2000)
  t.equal(wait(10, 3000), 50, 'never sooner than the pause')
  t.equal(wait(3000, 3000), 'deadline')
  t.equal(wait(5000, Infinity), 5000)
  t.equal(wait(5001, Infinity), 'deadline')
  t.end()
})

t.test('Retry-After is seconds or a date', (t) => {
  const wall = Date.UTC(2026, 10, 21, 12, 0, 0)
  const cases: readonly [string, number | null][] = [
    ['0', 0],
    [' 120 ', 120_000],
    ['Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', 0],
    ['Saturday, 21-Nov-26 12:00:05 GMT', 5000],
    ['-1', null],
    ['1.5', null],
    ['soon', null],
    ['', null],
    ['2026-11-21', null],
    ['99999999999', null]
  ]
  for (const [text, expected] of cases) t.equal(parseRetryAfter(text, wall), expected, JSON.stringify(text))
  t.end()
})

t.test('a refusal for another reason takes nothing out of the budget', (t) => {
  let taken = 0
  const counting: RetryBudget = {
    ...plenty,
    tryTake() {
      taken++
      return true
    }
  }
  for (const facts of [{ responseBegan: true }, { method: 'POST' }, { tries: 9 }, { bodyReplayable: false }, { remainingMs: 1 }])
    reasonFor(facts, {}, counting)
  t.equal(taken, 0)
  reasonFor({}, {}, counting)
  t.equal(taken, 1)
  t.end()
})

const budgets = fc
  .record({ ratio: fc.constantFrom(0, 0.1, 0.2, 1), minPerSecond: fc.constantFrom(0, 1, 3), windowMs: fc.constantFrom(1000, 10_000) })
  .map((rule): BudgetRule => rule)

t.test('the budget agrees with a list of everything that happened', (t) => {
  let granted = 0
  fc.assert(
    fc.property(
      budgets,
      fc.array(fc.record({ waitMs: fc.constantFrom(0, 1, 50, 400, 3000), isRetry: fc.boolean() }), { maxLength: 150, size: 'max' }),
      (rule, steps) => {
        const budget = createRetryBudget(rule)
        const all: { at: number; isRetry: boolean }[] = []
        let now = START
        for (const { waitMs, isRetry } of steps) {
          now += waitMs
          if (!isRetry) {
            budget.request(now)
            all.push({ at: now, isRetry })
            continue
          }
          const bucket = (at: number): number => Math.floor(at / (rule.windowMs / 10))
          const seen = all.filter(({ at }) => bucket(at) > bucket(now) - 10)
          const retries = seen.filter((one) => one.isRetry).length
          const mayTake = retries + 1 <= rule.ratio * (seen.length - retries) + (rule.minPerSecond * rule.windowMs) / 1000
          if (budget.tryTake(now) !== mayTake) return false
          if (mayTake) {
            granted++
            all.push({ at: now, isRetry })
          }
        }
        return true
      }
    ),
    { numRuns: 2000 }
  )
  t.ok(granted > 1000, `${granted} were granted`)
  t.end()
})

t.test('1,000 requests a second that all fail make at most 1.2 times as many attempts and the floor', (t) => {
  const rule = { ratio: 0.2, minPerSecond: 3, windowMs: 10_000 }
  const budget = createRetryBudget(rule)
  let attempts = 0
  const requests = 60_000
  for (let i = 0; i < requests; i++) {
    const now = START + i
    budget.request(now)
    attempts++
    for (let tries = 1; decideRetry({ ...FACTS, tries }, { ...RULE, budget: rule }, budget, () => 0.5, now).retry; tries++) attempts++
  }
  const floor = rule.minPerSecond * (requests / 1000 + rule.windowMs / 1000)
  t.ok(attempts <= 1.2 * requests + floor, `${attempts} attempts`)
  t.ok(attempts > 1.15 * requests, 'and the budget is used')
  t.end()
})
