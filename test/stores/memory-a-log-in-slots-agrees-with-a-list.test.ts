import { deepStrictEqual } from 'node:assert/strict'
import t from 'tap'
import type { LimitRule } from '../../src/plugin-api/limits/store.ts'
import { createMemoryStore } from '../../src/stores/memory/memory-store.ts'
import { AdmissionList } from '../support/admission-list.ts'
import fc from '../support/property.ts'

const KEYS = ['a', 'b', 'c', 'd']
/** Beyond what a slot holds of one admission. */
const LARGE = 2 ** 30

const amounts = fc.tuple(
  fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 200 })),
  fc.constantFrom(1, 50, 60_000),
  fc.constantFrom(0, 0, 0.007, 3)
)
const key = fc.constantFrom(...KEYS)
const costs = fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer({ min: 0, max: 60 }))
const steps = fc.oneof(
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('consume' as const), key, cost: costs }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('charge' as const), key, cost: fc.integer({ min: -12, max: 12 }) }) },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('wait' as const), us: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30_000 })) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), us: fc.integer({ min: -40_000, max: 0 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), us: fc.integer({ min: -100_000_000, max: 30_000_000 }) }) },
  // So many moments that the log of a key becomes an object, and more than one chunk before.
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('many' as const), key, count: fc.integer({ min: 1, max: 200 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rule' as const), amounts }) }
)

t.test('the store decides as a list of all admissions, however its logs lie in slots', (t) => {
  let [inSlots, asObjects] = [0, 0]
  fc.assert(
    fc.property(amounts, fc.constantFrom(1, LARGE), fc.array(steps, { minLength: 1, maxLength: 60 }), (first, scale, steps) => {
      let nowUs = 7_199_254_740_993
      const originUs = nowUs
      const clock = { now: () => (nowUs - originUs) / 1000, wall: () => nowUs / 1000, after: () => () => {} }
      // So many bytes that no log needs cells of its own.
      const store = createMemoryStore({ maxKeys: 100, maxBytes: 1e15, clock })
      const lists = new Map(KEYS.map((name) => [name, new AdmissionList()]))
      let [rule, stored] = rulesOf(first, scale)
      const ask = (name: string, cost: number, always: boolean): void => {
        const list = lists.get(name) as AdmissionList
        // The store counts from its beginning, so its cells do too.
        const atUs = nowUs - originUs
        // All of them, or it would depend on when a key that is over is given up whether it comes back with a clock that is set back.
        for (const [each, other] of lists) {
          other.age(rule, atUs)
          store.usage(stored, each)
        }
        const { remaining, ...expected } = list.decide(rule, Math.max(0, cost), atUs)
        const question = { rule: stored, key: name, cost: cost * scale }
        if (always) store.charge([question])
        else deepStrictEqual(store.consume([question]), [{ ...expected, remaining: remaining * scale }])
        if (expected.allowed || always) list.record(rule, cost, atUs, rule.limit)
        const { remaining: left, ...now } = list.decide(rule, 0, atUs)
        deepStrictEqual(store.usage(stored, name), { ...now, remaining: left * scale })
        if (list.moments > 64) asObjects++
        else if (list.moments > 4) inSlots++
      }
      for (const step of steps) {
        if (step.kind === 'wait') nowUs += step.us
        if (step.kind === 'rule') [rule, stored] = rulesOf(step.amounts, scale)
        if (step.kind === 'consume') ask(step.key, step.cost, false)
        if (step.kind === 'charge') ask(step.key, step.cost, true)
        if (step.kind === 'many') for (let i = 0; i < step.count; i++, nowUs += 3) ask(step.key, 1, false)
      }
    }),
    { numRuns: 200 }
  )
  t.ok(inSlots > 1000, `${inSlots} decisions by several chunks`)
  t.ok(asObjects > 100, `${asObjects} decisions by objects`)
  t.end()
})

t.test('what a key took is there for others when it is over', (t) => {
  let nowMs = 0
  const clock = { now: () => nowMs, wall: () => nowMs, after: () => () => {} }
  const store = createMemoryStore({ maxKeys: 100, maxBytes: 1e9, clock })
  const rule: LimitRule = { id: 'r', algorithm: 'sliding-window', limit: 1000, windowMs: 1000, burst: 1, calendar: null }
  const sizes: number[] = []
  for (let round = 0; round < 30; round++, nowMs += 1001) {
    const from = nowMs
    for (const name of KEYS) for (let i = 0; i < (name === 'd' ? 900 : 60); i++, nowMs += 0.01) store.consume([{ rule, key: name, cost: 1 }])
    for (const name of ['a', 'b', 'c']) store.charge([{ rule, key: name, cost: -25 - round }])
    nowMs = from + 20
    for (const name of ['a', 'b', 'c']) store.charge([{ rule, key: name, cost: -1000 }])
    sizes.push(store.stats.bytes)
  }
  t.equal(new Set(sizes).size, 1, `always the same: ${sizes.join(' ')}`)
  for (const name of KEYS) t.equal(store.usage(rule, name).remaining, 1000)
  const { bytes } = store.stats
  for (const name of KEYS) store.consume([{ rule, key: name, cost: 1 }])
  t.equal(store.stats.bytes, 4 * 72, `one moment each needs no more than a slot, of ${bytes}`)
  t.end()
})

t.test('what a clock that was set back has moved ends with its window', (t) => {
  let nowMs = 0
  const store = createMemoryStore({ maxKeys: 100, maxBytes: 1e9, clock: { now: () => nowMs, wall: () => nowMs, after: () => () => {} } })
  const rule: LimitRule = { id: 'r', algorithm: 'sliding-window', limit: 10, windowMs: 1000, burst: 1, calendar: null }
  // Then they are of -500, -400 and 400 ms.
  for (nowMs of [0, 100, 900]) store.consume([{ rule, key: 'a', cost: 1 }])
  nowMs = 400
  t.match(store.usage(rule, 'a'), { remaining: 7, resetMs: 1000 })
  const left = [499, 500, 600, 1399, 1400].map((ms) => {
    nowMs = ms
    return store.usage(rule, 'a').remaining
  })
  t.strictSame(left, [7, 8, 9, 9, 10])
  t.end()
})

function rulesOf([limit, windowMs, cellMs]: readonly [number, number, number], scale: number): readonly [LimitRule, LimitRule] {
  const cells = cellMs === 0 ? {} : { cellMs }
  const rule: LimitRule = { id: 'r', algorithm: 'sliding-window', limit, windowMs, burst: 1, calendar: null, ...cells }
  return [rule, { ...rule, limit: limit * scale }]
}
