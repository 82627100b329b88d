import { deepStrictEqual } from 'node:assert/strict'
import { test } from 'tap'
import type { LimitQuestion, LimitRule, LimitStore } from '../../src/plugin-api/limits/store.ts'
import { createMemoryStore } from '../../src/stores/memory/memory-store.ts'
import { callOf, decodeAnswer, QuestionEncoder, undoOf } from '../../src/stores/redis/encoding.ts'
import { RedisLimitStore } from '../../src/stores/redis/limit-store.ts'
import fc from '../support/property.ts'
import { redisMissing, startRedis } from '../support/redis.ts'
import { clockOf, loadTimedScript, START_US } from '../support/timed-limits.ts'

const MINUTE_MS = 60_000

const base = { limit: 10, windowMs: MINUTE_MS, burst: 10, calendar: null } as const
const RULES: readonly (readonly LimitRule[])[] = [
  // Of one id in each row: what a reload may make of a rule.
  [
    { ...base, id: 'gcra', algorithm: 'gcra' },
    { ...base, id: 'gcra', algorithm: 'gcra', limit: 7, burst: 3 },
    { ...base, id: 'gcra', algorithm: 'gcra', limit: 20, burst: 20 }
  ],
  // No unit of these takes a whole number of µs.
  [{ ...base, id: 'prime', algorithm: 'gcra', limit: 999_983, windowMs: 86_400_000, burst: 13 }],
  [{ ...base, id: 'odd', algorithm: 'gcra', limit: 7, windowMs: 1000.001, burst: 7 }],
  [
    { ...base, id: 'sliding', algorithm: 'sliding-window' },
    { ...base, id: 'sliding', algorithm: 'sliding-window', limit: 4 },
    { ...base, id: 'sliding', algorithm: 'sliding-window', limit: 25, windowMs: MINUTE_MS }
  ],
  // Cells into which the beginning of this test falls as zero does, since each store counts its cells from a time of its own.
  [
    { ...base, id: 'cells', algorithm: 'sliding-window', cellMs: 10_000 },
    { ...base, id: 'cells', algorithm: 'sliding-window', limit: 4, cellMs: 1000 },
    { ...base, id: 'cells', algorithm: 'sliding-window', limit: 25 }
  ],
  [{ ...base, id: 'fine', algorithm: 'sliding-window', limit: 3, cellMs: 0.02 }],
  [
    { ...base, id: 'fixed', algorithm: 'fixed-window' },
    { ...base, id: 'fixed', algorithm: 'fixed-window', limit: 4 },
    { ...base, id: 'fixed', algorithm: 'fixed-window', limit: 25 }
  ],
  ...(['minute', 'hour', 'day', 'month'] as const).map((calendar) => [{ ...base, id: calendar, algorithm: 'fixed-window' as const, calendar }])
]

const KEYS = ['', 'a', 'b}{%']

const step = fc.record({
  deed: fc.constantFrom('consume', 'consume', 'consume', 'charge', 'peek'),
  waitUs: fc.oneof(
    fc.constant(0),
    fc.integer({ min: 0, max: 50 }),
    fc.integer({ min: 0, max: 20_000_000 }),
    fc.integer({ min: 0, max: 4_000_000_000 })
  ),
  questions: fc.array(fc.record({ row: fc.nat(RULES.length - 1), key: fc.constantFrom(...KEYS), cost: fc.integer({ min: -4, max: 12 }) }), {
    minLength: 1,
    maxLength: 4
  })
})

void test('the script of Redis decides as the memory store does', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const run = await loadTimedScript(server)
  let round = 0
  await t.resolves(
    fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
        const time = { us: START_US }
        const redis = new RedisLimitStore({ slotOf: null, run: (call) => run(call, time) }, `round-${round++}:`)
        const memory = createMemoryStore({ maxKeys: 1000, maxBytes: 1e8, clock: clockOf(time) })
        for (const { deed, waitUs, questions } of steps) {
          time.us += waitUs
          const asked = questions.map(({ row, key, cost }) => questionOf(row, 0, key, deed === 'charge' ? cost : Math.max(0, cost)))
          deepStrictEqual(await ask(redis, deed, asked), await ask(memory, deed, asked))
        }
      }),
      { numRuns: 400 }
    )
  )
})

void test('what was used under other numbers stays used', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const run = await loadTimedScript(server)
  for (const [from, to] of [
    [0, 1],
    [0, 2],
    [1, 0],
    [1, 2],
    [2, 0],
    [2, 1]
  ] as const) {
    const time = { us: START_US }
    const redis = new RedisLimitStore({ slotOf: null, run: (call) => run(call, time) }, `from-${from}-to-${to}:`)
    const memory = createMemoryStore({ maxKeys: 1000, maxBytes: 1e8, clock: clockOf(time) })
    const asked = (variant: number, cost: number): readonly LimitQuestion[] => RULES.map((_, row) => questionOf(row, variant, 'a', cost))
    await redis.charge(asked(from, 3))
    memory.charge(asked(from, 3))
    for (const [waitUs, cost] of [
      [0, 0],
      [0, 1],
      [1_000_000, 1],
      [0, 12],
      [30_000_000, 2],
      [60_000_000, 1]
    ] as const) {
      time.us += waitUs
      t.strictSame(await ask(redis, 'consume', asked(to, cost)), await ask(memory, 'consume', asked(to, cost)), `${from} ${to} ${waitUs} ${cost}`)
    }
  }
  const raised = new RedisLimitStore({ slotOf: null, run: (call) => run(call, { us: START_US }) }, 'raised:')
  for (const row of RULES.filter(({ length }) => length > 1)) {
    const [before, , after] = row as readonly [LimitRule, LimitRule, LimitRule]
    await raised.charge([{ rule: before, key: 'a', cost: before.limit }])
    const [verdict] = await raised.peek([{ rule: after, key: 'a', cost: 0 }])
    t.equal(verdict?.remaining, after.limit - before.limit, `${after.id}: the difference passes`)
  }
})

/** A clock that went back by a second, an hour, a month. */
void test('a clock that is set back moves what was counted back with it', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const run = await loadTimedScript(server)
  for (const backUs of [1_000_000, 3_600_000_000, 31 * 86_400_000_000]) {
    const time = { us: START_US + 45_000_000 }
    const redis = new RedisLimitStore({ slotOf: null, run: (call) => run(call, time) }, `back-${backUs}:`)
    const memory = createMemoryStore({ maxKeys: 1000, maxBytes: 1e8, clock: clockOf(time) })
    const asked = RULES.map((_, row) => questionOf(row, 0, 'a', 4))
    for (const waitUs of [0, 5_000_000, -backUs, 0, 20_000_000, 45_000_000]) {
      time.us += waitUs
      t.strictSame(await ask(redis, 'consume', asked), await ask(memory, 'consume', asked), `${backUs} ${waitUs}`)
    }
  }
})

void test('a cell is one of the clock as it is now, also after it was set back', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const run = await loadTimedScript(server)
  const time = { us: START_US }
  const redis = new RedisLimitStore({ slotOf: null, run: (call) => run(call, time) }, 'set-back:')
  const memory = createMemoryStore({ maxKeys: 1000, maxBytes: 1e8, clock: clockOf(time) })
  const asked = [{ rule: { ...base, id: 'cells', algorithm: 'sliding-window' as const, cellMs: 10_000 }, key: 'a', cost: 1 }]
  const left: unknown[] = []
  // To 46.3 s by the new clock, 49 s in the same cell, and 107 s, when those of 46.3 s would be over, but for their cell.
  for (const waitUs of [45_000_000, 5_000_000, -3_700_000, 2_700_000, 58_000_000]) {
    time.us += waitUs
    const verdicts = await redis.consume(asked)
    t.strictSame(verdicts, memory.consume(asked), `${waitUs}`)
    left.push(verdicts[0]?.remaining)
  }
  t.strictSame(left, [9, 8, 7, 6, 6])
})

void test('what is given back after its window has ended makes no room in the next one', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const run = await loadTimedScript(server)
  const encoder = new QuestionEncoder('late:')
  for (const algorithm of ['fixed-window', 'sliding-window'] as const) {
    const rule: LimitRule = { ...base, id: algorithm, algorithm }
    const question = encoder.encode({ rule, key: 'a', cost: 4 })
    const time = { us: START_US }
    await run(callOf('consume', [question]), time)
    const undo = undoOf([question], time.us)
    time.us += MINUTE_MS * 1000
    await run(callOf('consume', [question]), time)
    const late = decodeAnswer(await run(undo, time), 1)
    t.equal(late?.verdicts[0]?.remaining, 6, algorithm)
    const now = decodeAnswer(await run(undoOf([question], time.us), time), 1)
    t.match(now?.verdicts[0], { remaining: 10, resetMs: 0 }, `${algorithm}: in time`)
  }
})

void test(
  'a key in cells has no more entries than its window has cells, and one past its limit no more than that',
  { skip: redisMissing() },
  async (t) => {
    const server = await startRedis(t)
    const run = await loadTimedScript(server)
    const encoder = new QuestionEncoder('cells:')
    const time = { us: START_US }
    for (const [more, most] of [
      [{ limit: 1_000_000, cellMs: 1000 }, 60],
      [{ limit: 20 }, 20]
    ] as const) {
      const question = encoder.encode({ rule: { ...base, id: `most ${most}`, algorithm: 'sliding-window', ...more }, key: 'a', cost: 1 })
      for (let i = 0; i < 400; i++, time.us += 300_000) await run(callOf('charge', [question]), time)
      t.equal((await server.admin.llen(question.key)) - 1, most)
    }
  }
)

function questionOf(row: number, variant: number, key: string, cost: number): LimitQuestion {
  const rules = RULES[row] ?? []
  return { rule: rules[variant % rules.length] as LimitRule, key, cost }
}

async function ask(store: LimitStore, deed: string, questions: readonly LimitQuestion[]): Promise<unknown> {
  if (deed === 'charge') return store.charge(questions)
  return deed === 'peek' ? store.peek(questions) : store.consume(questions)
}
