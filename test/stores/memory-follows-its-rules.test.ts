import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { createMemoryStore } from '../../src/stores/memory/memory-store.ts'
import { ALGORITHMS, ask, letIn, newStore, ruleOf } from './rules.ts'

t.test('a raised limit lets exactly the difference in, a lowered one forgives nothing', (t) => {
  for (const algorithm of ALGORITHMS) {
    const { store, clock } = newStore()
    t.equal(letIn(store, ruleOf(algorithm)), 10)
    t.equal(letIn(store, ruleOf(algorithm, { limit: 13, burst: 13 })), 3, algorithm)
    t.equal(letIn(store, ruleOf(algorithm, { limit: 5, burst: 5 })), 0)
    clock.advance(11_000)
    t.equal(letIn(store, ruleOf(algorithm, { limit: 5, burst: 5 })), 0, 'also a while later')
  }
  t.end()
})

t.test('under another algorithm counting begins anew', (t) => {
  for (const [from, to] of [
    ['gcra', 'sliding-window'],
    ['sliding-window', 'fixed-window'],
    ['fixed-window', 'gcra']
  ] as const) {
    const { store } = newStore()
    t.equal(letIn(store, ruleOf(from, { id: 'same' })), 10)
    t.equal(letIn(store, ruleOf(to, { id: 'same' })), 10, `${from} to ${to}`)
    t.equal(letIn(store, ruleOf(from, { id: 'same' })), 0, 'a late request of the old configuration finds its own count')
    t.equal(letIn(store, ruleOf(to, { id: 'same' })), 0)
  }
  const { store } = newStore()
  letIn(store, ruleOf('fixed-window', { id: 'same' }))
  t.equal(letIn(store, ruleOf('fixed-window', { id: 'same', calendar: 'day' })), 10, 'another clock')
  t.end()
})

t.test('each question of a request is decided by its own rule, also where two have one id', (t) => {
  for (const algorithm of ALGORITHMS) {
    const { store } = newStore()
    const [narrow, wide] = [ruleOf(algorithm, { limit: 2, burst: 2 }), ruleOf(algorithm)]
    t.match(store.consume([ask(narrow, 1, 'a'), ask(wide, 1, 'b')]), [{ remaining: 1 }, { remaining: 9 }], algorithm)
    t.match(store.consume([ask(narrow, 2, 'a'), ask(wide, 2, 'b')]), [{ allowed: false }, { allowed: true, remaining: 9 }])
    t.match(store.peek([ask(narrow, 0, 'a'), ask(wide, 0, 'b')]), [{ remaining: 1 }, { remaining: 9 }])
  }
  t.end()
})

t.test('rules and keys are counted apart, also where their texts run together', (t) => {
  for (const algorithm of ALGORITHMS) {
    const { store } = newStore()
    t.equal(letIn(store, ruleOf(algorithm, { id: 'a' }), 'bc'), 10)
    t.equal(letIn(store, ruleOf(algorithm, { id: 'ab' }), 'c'), 10)
    t.equal(letIn(store, ruleOf(algorithm, { id: 'a' }), 'bC'), 10)
    t.equal(letIn(store, ruleOf(algorithm, { id: 'a' }), ''), 10)
    t.equal(letIn(store, ruleOf(algorithm, { id: 'a' }), 'bc'), 0)
  }
  t.end()
})

t.test('charges hold later requests up, and negative ones give back', (t) => {
  for (const algorithm of ALGORITHMS) {
    const { store, clock } = newStore()
    const rule = ruleOf(algorithm)
    store.charge([ask(rule, -5)])
    t.equal(store.stats.keys, 0, 'nothing can be given back of nothing')
    store.charge([ask(rule, 8), ask(rule, 12)])
    t.match(store.usage(rule, 'k'), { remaining: 0 })
    t.match(store.consume([ask(rule)]), [{ allowed: false, retryAfterMs: algorithm === 'gcra' ? 66_000 : 60_000 }], algorithm)
    t.match(store.consume([ask(rule, 0)]), [{ allowed: true, remaining: 0 }], 'nothing is admitted all the same')
    store.charge([ask(rule, -13)])
    t.equal(letIn(store, rule), 3)
    clock.advance(60_000)
    t.equal(letIn(store, rule), 10)
  }
  t.end()
})

t.test('calendar windows follow the wall clock, all others the monotonic one', (t) => {
  const clock = new FakeClock(9_007_199_254_741, Date.parse('2026-11-30T23:59:00Z'))
  let ahead = 0
  const stepped = { now: () => clock.now(), wall: () => clock.wall() + ahead, after: () => () => {} }
  const store = createMemoryStore({ maxKeys: 10, maxBytes: 10_000, clock: stepped })
  const monthly = ruleOf('fixed-window', { id: 'monthly', calendar: 'month', windowMs: 2_592_000_000 })
  t.equal(letIn(store, monthly), 10)
  t.match(store.consume([ask(monthly)]), [{ allowed: false, resetMs: 60_000, retryAfterMs: 60_000 }])
  for (const algorithm of ALGORITHMS) t.equal(letIn(store, ruleOf(algorithm)), 10)
  ahead = 60_000
  t.equal(letIn(store, monthly), 10, 'a new month')
  for (const algorithm of ALGORITHMS) t.equal(letIn(store, ruleOf(algorithm)), 0, algorithm)
  clock.advance(60_000)
  t.equal(letIn(store, monthly), 0)
  for (const algorithm of ALGORITHMS) t.equal(letIn(store, ruleOf(algorithm)), 10, algorithm)
  t.end()
})

t.test('a clock with large numbers is read to the microsecond', (t) => {
  for (const algorithm of ALGORITHMS) {
    const clock = new FakeClock(2 ** 50 + 1)
    const store = createMemoryStore({ maxKeys: 10, maxBytes: 10_000, clock })
    const rule = ruleOf(algorithm, { limit: 1, burst: 1, windowMs: 1 })
    for (let ms = 0; ms < 50; ms++, clock.advance(1)) t.equal(letIn(store, rule), 1, `${algorithm} after ${ms} ms`)
  }
  t.end()
})
