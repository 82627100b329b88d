import { deepStrictEqual } from 'node:assert/strict'
import t from 'tap'
import type { LimitQuestion, LimitRule } from '../../src/plugin-api/limits/store.ts'
import { createMemoryStore, type MemoryStore } from '../../src/stores/memory/memory-store.ts'
import { allocateSharedLimits, createSharedLimitStore } from '../../src/stores/shared/shared-limit-store.ts'
import fc from '../support/property.ts'

/** 2026-10-31T23:59:30Z: a month, a day, an hour and a minute end half a minute later. */
const START_US = Date.UTC(2026, 9, 31, 23, 59, 30) * 1000
const MINUTE_MS = 60_000
const BOUNDS = { maxKeys: 1000, maxBytes: 1e6 }
/** Fewer entries of a log than the limits of the rules: so that they share cells. */
const NARROW = { maxKeys: 1000, maxBytes: 2048 }

const base = { limit: 10, windowMs: MINUTE_MS, burst: 10, calendar: null } as const
const gcra = { ...base, id: 'gcra', algorithm: 'gcra' } as const
const sliding = { ...base, id: 'sliding', algorithm: 'sliding-window' } as const
/** Of the id of another: by another algorithm it counts apart. */
const fixed = { ...base, id: 'sliding', algorithm: 'fixed-window' } as const
/** Of one id in each row: what a reload may make of a rule. */
const RULES: readonly (readonly LimitRule[])[] = [
  [gcra, { ...gcra, limit: 7, burst: 3 }, { ...gcra, limit: 20, burst: 20, windowMs: 90_000 }],
  // No unit of these takes a whole number of µs.
  [{ ...gcra, id: 'prime', limit: 999_983, windowMs: 86_400_000, burst: 13 }],
  [
    { ...gcra, id: 'odd', limit: 7, windowMs: 1000.001, burst: 7 },
    { ...gcra, id: 'odd', limit: 11, windowMs: 777.777, burst: 7 }
  ],
  [sliding, { ...sliding, limit: 4 }, { ...sliding, limit: 25, windowMs: 45_000 }],
  [{ ...sliding, id: 'long log', limit: 200 }],
  [fixed, { ...fixed, limit: 4 }, { ...fixed, limit: 25, windowMs: 90_000 }],
  ...(['minute', 'hour', 'day', 'month'] as const).map((calendar) => [{ ...fixed, id: calendar, calendar }])
]

const step = fc.record({
  deed: fc.constantFrom('consume', 'consume', 'consume', 'charge', 'peek'),
  variant: fc.nat(2),
  waitUs: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 50 }),
    fc.integer({ min: 0, max: 2_000_000 }),
    fc.integer({ min: 0, max: 20_000_000 }),
    fc.integer({ min: -10_000_000, max: 4_000_000_000 })
  ),
  store: fc.nat(1),
  questions: fc.array(
    fc.record({ row: fc.nat(RULES.length - 1), key: fc.constantFrom('', 'a', 'a key of many letters', 'ж'), cost: fc.integer({ min: -4, max: 12 }) }),
    { minLength: 1, maxLength: 5 }
  )
})

interface Told {
  us: number
}

function clockOf(time: Told) {
  return { now: () => (time.us - START_US) / 1000, wall: () => time.us / 1000, after: () => () => {} }
}

function pairOf(time: Told, bounds = BOUNDS): { readonly memory: MemoryStore; readonly shared: readonly MemoryStore[] } {
  const buffer = allocateSharedLimits(bounds)
  // Two of them, as two workers have: what one counts the other sees.
  const shared = [0, 1].map((worker) => createSharedLimitStore(buffer, { clock: clockOf(time), worker }))
  return { memory: createMemoryStore({ ...bounds, clock: clockOf(time) }), shared }
}

function ask(store: MemoryStore, deed: string, questions: readonly LimitQuestion[]): unknown {
  if (deed === 'charge') return store.charge(questions)
  return deed === 'peek' ? store.peek(questions) : store.consume(questions)
}

t.test('two stores over one memory decide as one store of the heap does, whatever is asked and whatever a reload changes', (t) => {
  let refused = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      const time = { us: START_US }
      const { memory, shared } = pairOf(time)
      for (const { deed, variant, waitUs, store, questions } of steps) {
        time.us += waitUs
        const asked = questions.map(({ row, key, cost }) => {
          const rules = RULES[row] as readonly LimitRule[]
          return { rule: rules[variant % rules.length] as LimitRule, key, cost: deed === 'charge' ? cost : Math.max(0, cost) }
        })
        const expected = ask(memory, deed, asked)
        deepStrictEqual(ask(shared[store] as MemoryStore, deed, asked), expected)
        if (deed === 'consume' && (expected as { allowed: boolean }[]).some(({ allowed }) => !allowed)) refused++
      }
    }),
    { numRuns: 500 }
  )
  t.ok(refused > 500, `${refused} were refused`)
  t.end()
})

t.test('a long log is taken from both ends as that of the heap is', (t) => {
  const moves = fc.array(fc.tuple(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: -26, max: 8 })), { minLength: 100, maxLength: 400 })
  for (const bounds of [BOUNDS, NARROW]) {
    let most = 0
    fc.assert(
      fc.property(moves, (moves) => {
        const time = { us: START_US }
        const { memory, shared } = pairOf(time, bounds)
        const [store, other] = shared as [MemoryStore, MemoryStore]
        const rule: LimitRule = { ...sliding, limit: 200, windowMs: 10_000 }
        for (const [waitUs, cost] of moves) {
          time.us += waitUs
          const charged = [{ rule, key: 'k', cost: cost < -25 || cost > 0 ? cost : 1 }]
          memory.charge(charged)
          store.charge(charged)
          // The second one refuses, so that the first is only looked at.
          for (const cost of [1, 20, 150, 200]) {
            const questions = [
              { rule, key: 'k', cost },
              { rule: { ...sliding, id: 'never' }, key: 'k', cost: 99 }
            ]
            deepStrictEqual(store.consume(questions), memory.consume(questions))
          }
          deepStrictEqual(other.usage(rule, 'k'), memory.usage(rule, 'k'))
          most = Math.max(most, store.stats.bytes)
        }
      }),
      { numRuns: 15 }
    )
    if (bounds === BOUNDS) t.ok(most > 2000, `several segments: ${most} bytes`)
  }
  t.end()
})

t.test('a reload that makes a limit slower keeps what would have gone by the numbers it was counted with', (t) => {
  const time = { us: START_US }
  const { memory, shared } = pairOf(time)
  const slow: LimitRule = { ...gcra, limit: 5 }
  for (const store of [memory, shared[0] as MemoryStore]) store.consume([{ rule: gcra, key: 'a', cost: 10 }])
  time.us += 70_000_000
  for (const store of [memory, shared[0] as MemoryStore]) for (let i = 0; i < 50; i++) store.consume([{ rule: slow, key: `${i}`, cost: 1 }])
  t.strictSame(shared[0]?.usage(slow, 'a'), memory.usage(slow, 'a'))
  t.equal(memory.usage(slow, 'a').remaining, 5)
  t.end()
})
