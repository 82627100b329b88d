import t from 'tap'
import type { LimitQuestion, LimitRule } from '../../src/plugin-api/limits/store.ts'
import fc from '../support/property.ts'
import { ALGORITHMS, ask, letIn, newStore, ruleOf } from './rules.ts'

t.test('when one limit refuses, none is charged, and the others say what is left', (t) => {
  for (const algorithm of ALGORITHMS) {
    const { store } = newStore()
    const wide = ruleOf(algorithm, { id: 'wide', limit: 20, burst: 20 })
    const narrow = ruleOf(algorithm, { id: 'narrow', limit: 2, burst: 2 })
    const none = ruleOf(algorithm, { id: 'none', limit: 1, burst: 1 })
    t.match(store.consume([ask(wide), ask(narrow)]), [
      { allowed: true, remaining: 19 },
      { allowed: true, remaining: 1 }
    ])
    t.match(store.consume([ask(wide, 3), ask(narrow, 2)]), [
      { allowed: true, remaining: 19, retryAfterMs: 0 },
      { allowed: false, remaining: 1 }
    ])
    t.match(store.consume([ask(none, 2), ask(wide, 19)]), [
      { allowed: false, remaining: 1, retryAfterMs: Infinity },
      { allowed: true, remaining: 19 }
    ])
    t.equal(store.usage(wide, 'k').remaining, 19, algorithm)
    t.equal(store.usage(narrow, 'k').remaining, 1)
    t.equal(store.stats.keys, 2, 'a limit that only refused has nothing to remember')
  }
  t.end()
})

t.test('of two questions of one rule and key the second counts behind the first', (t) => {
  for (const algorithm of ALGORITHMS) {
    const { store } = newStore()
    const rule = ruleOf(algorithm)
    t.match(store.consume([ask(rule, 4), ask(rule, 6, 'another'), ask(rule, 6)]), [
      { allowed: true, remaining: 6 },
      { allowed: true, remaining: 4 },
      { allowed: true, remaining: 0 }
    ])
    store.charge([ask(rule, -4)])
    t.match(store.consume([ask(rule, 2), ask(rule, 3)]), [
      { allowed: true, remaining: 4 },
      { allowed: false, remaining: 4 }
    ])
    t.equal(store.usage(rule, 'k').remaining, 4, `${algorithm}: neither was charged`)
  }
  t.end()
})

t.test('a request with several limits is let in when each of them would let it in by itself', (t) => {
  const rules: readonly LimitRule[] = [
    ruleOf('gcra', { limit: 7, burst: 4, windowMs: 1000 }),
    ruleOf('sliding-window', { limit: 5, windowMs: 700 }),
    ruleOf('fixed-window', { limit: 6, windowMs: 900 }),
    ruleOf('fixed-window', { id: 'each minute', limit: 90, calendar: 'minute' })
  ]
  const question = fc.record({ rule: fc.integer({ min: 0, max: 3 }), key: fc.constantFrom('a', 'b'), cost: fc.integer({ min: 0, max: 3 }) })
  const requests = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 300 }), fc.uniqueArray(question, { maxLength: 4, selector: (q) => `${q.rule} ${q.key}` }))
  )
  let refused = 0
  fc.assert(
    fc.property(requests, (requests) => {
      const { store, clock } = newStore()
      const alone = rules.map(() => newStore())
      for (const [ms, asked] of requests) {
        clock.advance(ms)
        for (const one of alone) one.clock.advance(ms)
        const questions: readonly LimitQuestion[] = asked.map(({ rule, key, cost }) => ({ rule: rules[rule] as LimitRule, key, cost }))
        const room = asked.map(
          ({ rule, key, cost }) => cost === 0 || (alone[rule]?.store.usage(rules[rule] as LimitRule, key).remaining ?? 0) >= cost
        )
        const verdicts = store.consume(questions)
        if (verdicts.some(({ allowed }, i) => allowed !== room[i])) throw new Error(`${JSON.stringify(verdicts)} with ${room.join()}`)
        if (room.every(Boolean)) asked.forEach(({ rule }, i) => alone[rule]?.store.consume([questions[i] as LimitQuestion]))
        else refused++
        const left = asked.map(({ rule, key }) => alone[rule]?.store.usage(rules[rule] as LimitRule, key).remaining)
        if (verdicts.some(({ remaining }, i) => remaining !== left[i])) throw new Error(`${JSON.stringify(verdicts)} where ${left.join()} are left`)
      }
    })
  )
  t.ok(refused > 20, 'some were refused')
  t.end()
})

t.test('a look records nothing', (t) => {
  for (const algorithm of ALGORITHMS) {
    const { store } = newStore()
    const rule = ruleOf(algorithm)
    t.strictSame(store.peek([ask(rule, 99)]), [{ allowed: true, remaining: 10, resetMs: 0, retryAfterMs: 0 }])
    t.equal(store.stats.keys, 0)
    t.equal(letIn(store, rule), 10)
    t.match(store.peek([ask(rule)]), [{ allowed: true, remaining: 0, resetMs: 60_000, retryAfterMs: 0 }], algorithm)
    t.strictSame(store.usage(rule, 'k'), store.peek([ask(rule)])[0])
  }
  t.end()
})

t.test('a cost that is no whole number is an error and counts nowhere', (t) => {
  const { store } = newStore()
  const rule = ruleOf('gcra')
  for (const cost of [0.5, Number.NaN, Infinity, -1]) t.throws(() => store.consume([ask(rule), ask(rule, cost)]), RangeError)
  t.throws(() => store.charge([ask(rule), ask(rule, Number.NaN)]), RangeError)
  t.equal(store.usage(rule, 'k').remaining, 10)
  t.end()
})
