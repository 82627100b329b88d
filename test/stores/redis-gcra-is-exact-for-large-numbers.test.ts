import { deepStrictEqual } from 'node:assert/strict'
import { test } from 'tap'
import type { LimitRule, LimitVerdict } from '../../src/plugin-api/limits/store.ts'
import { RedisLimitStore } from '../../src/stores/redis/limit-store.ts'
import fc from '../support/property.ts'
import { redisMissing, startRedis } from '../support/redis.ts'
import { loadTimedScript, START_US } from '../support/timed-limits.ts'

const DAY_MS = 86_400_000
const MOST = 1_000_000_000
const CENTURY_US = 100 * 365.25 * DAY_MS * 1000

const amount = fc.oneof(
  fc.integer({ min: 1, max: 12 }),
  fc.integer({ min: 1, max: MOST }),
  fc.integer({ min: MOST - 100, max: MOST }),
  fc.integer({ min: 2 ** 26, max: 2 ** 27 }),
  fc.constantFrom(999_999_937, 999_983, 2 ** 29 + 11)
)
const rules = fc
  .tuple(amount, fc.oneof(fc.integer({ min: 1, max: DAY_MS }), fc.constantFrom(0.001, 1, 1000, DAY_MS, DAY_MS - 0.001)), amount)
  .map(([limit, windowMs, burst]): LimitRule => ({ id: 'r', algorithm: 'gcra', limit, windowMs, burst, calendar: null }))
  // What is longer than a century to come again is refused by the check of the configuration.
  .filter(({ limit, windowMs, burst }) => (burst / limit) * windowMs * 1000 <= CENTURY_US)

const steps = fc.array(
  fc.record({
    deed: fc.constantFrom('consume', 'consume', 'charge'),
    // Of the burst.
    share: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
    few: fc.integer({ min: -3, max: 3 }),
    waitUs: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 50 }),
      fc.integer({ min: 0, max: 10_000_000 }),
      fc.integer({ min: 0, max: DAY_MS * 1000 })
    )
  }),
  { minLength: 1, maxLength: 12 }
)

void test('the script decides as a bucket of whole numbers without end, up to the largest numbers of a rule', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const run = await loadTimedScript(server)
  let [round, large] = [0, 0]
  await t.resolves(
    fc.assert(
      fc.asyncProperty(rules, steps, async (rule, all) => {
        const time = { us: START_US }
        const store = new RedisLimitStore({ slotOf: null, run: (call) => run(call, time) }, `round-${round++}:`)
        const bucket = new Bucket(rule, START_US)
        for (const { deed, share, few, waitUs } of all) {
          time.us += waitUs
          const cost = Math.max(0, Math.min(rule.burst, Math.round(rule.burst * share) + few))
          if (cost * rule.limit > Number.MAX_SAFE_INTEGER) large++
          bucket.age(time.us)
          if (deed === 'consume') deepStrictEqual(await store.consume([{ rule, key: 'a', cost }]), [bucket.consume(cost)])
          else {
            await store.charge([{ rule, key: 'a', cost: few }])
            bucket.charge(few)
          }
        }
      }),
      { numRuns: 400 }
    )
  )
  t.ok(large > 100, `${large} of products that a double does not count exactly`)
})

void test('what was charged for longer than any clock counts does not break a key', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const run = await loadTimedScript(server)
  const time = { us: START_US }
  const store = new RedisLimitStore({ slotOf: null, run: (call) => run(call, time) }, 'far:')
  const question = { rule: { id: 'r', algorithm: 'gcra', limit: 1, windowMs: DAY_MS, burst: 10, calendar: null } as const, key: 'a', cost: MOST }
  for (let i = 0; i < 200; i++) await store.charge([{ ...question, cost: Number.MAX_SAFE_INTEGER }])
  t.match(await store.consume([{ ...question, cost: 1 }]), [{ allowed: false, remaining: 0, resetMs: (2 ** 53 - 1 - START_US) / 1000 }])
  await store.charge([{ ...question, cost: -Number.MAX_SAFE_INTEGER }])
  t.match(await store.consume([{ ...question, cost: 1 }]), [{ allowed: true, remaining: 9 }])
})

/** It holds `parts / windowUs` units. */
class Bucket {
  readonly #limit: bigint
  readonly #windowUs: bigint
  readonly #burst: bigint
  #parts = 0n
  #atUs: bigint

  constructor({ limit, windowMs, burst }: LimitRule, nowUs: number) {
    this.#limit = BigInt(limit)
    this.#windowUs = BigInt(Math.round(windowMs * 1000))
    this.#burst = BigInt(burst) * this.#windowUs
    this.#atUs = BigInt(nowUs)
  }

  age(nowUs: number): void {
    this.#parts = most(0n, this.#parts - (BigInt(nowUs) - this.#atUs) * this.#limit)
    this.#atUs = BigInt(nowUs)
  }

  consume(cost: number): LimitVerdict {
    const wanted = this.#parts + BigInt(cost) * this.#windowUs
    const allowed = cost === 0 || wanted <= this.#burst
    if (allowed) this.#parts = wanted
    return {
      allowed,
      remaining: Number(most(0n, this.#burst - this.#parts) / this.#windowUs),
      resetMs: Number(ceil(this.#parts, this.#limit)) / 1000,
      retryAfterMs: allowed ? 0 : Number(ceil(wanted - this.#burst, this.#limit)) / 1000
    }
  }

  charge(cost: number): void {
    this.#parts = most(0n, this.#parts + BigInt(cost) * this.#windowUs)
  }
}

function ceil(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor
}

function most(a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
