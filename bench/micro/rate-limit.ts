/**
 * One decision of the `rate-limit` plugin from memory, in nanoseconds, beside one by @fastify/rate-limit's `createRateLimit` over the same store:
 * `node bench/micro/rate-limit.ts`. Fields are made in both, errors in none. The median of the rounds is printed, which take turns.
 */
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { createCallerKey } from '../../src/plugin-api/limits/caller-key.ts'
import { offerFastifyLimiter } from '../../plugins/rate-limit/fastify-limiter.ts'
import { createFields } from '../../src/plugin-api/limits/fields.ts'
import { Limiter } from '../../src/plugin-api/limits/limiter.ts'
import { policiesOf } from '../../plugins/rate-limit/policies.ts'
import { createMemoryStore } from '../../src/stores/memory/memory-store.ts'
import { systemClock } from '../../src/system/clock.ts'

const ROUNDS = 9
const DECISIONS = 100_000
/** One each microsecond: nothing is refused, and all arithmetic is that of usual numbers. */
const LIMIT = 60_000_000
const WINDOW_MS = 60_000

const memory = createMemoryStore({ maxKeys: 100_000, maxBytes: 64 * 1024 * 1024, clock: systemClock })
const requests = Array.from({ length: 1000 }, (_, index) => {
  const gateway = { clientIp: `192.0.${index >> 8}.${index & 255}`, consumer: null, claims: null }
  return { gateway, headers: {}, routeOptions: { config: {} } } as unknown as FastifyRequest
})

/** Takes fields as a reply does. */
class Reply {
  readonly #fields = new Map<string, unknown>()

  header(name: string, value: unknown): this {
    this.#fields.set(name, value)
    return this
  }

  getHeader(): undefined {
    return undefined
  }
}

const count = { inc() {} }
const counters = { allowed: count, refused: count, storeErrors: { timeout: count, disconnected: count, failed: count } }

function ours(limits: number): () => void {
  const entries = Array.from({ length: limits }, (_, index) => ({ name: `limit-${index}`, limit: LIMIT, window: '1m' }))
  const policies = policiesOf({ limits: entries, dryRun: false, legacyHeaders: false }, 'orders').map((policy) => ({
    ...policy,
    keyOf: createCallerKey(policy.by)
  }))
  const limiter = new Limiter({
    policies,
    store: memory,
    onStoreError: 'local',
    memory,
    isDryRun: false,
    isAllowed: null,
    counters: policies.map(() => counters),
    ledger: null,
    fields: { legacy: false }
  })
  return () => {
    for (let i = 0; i < DECISIONS; i++)
      limiter.handle(requests[i % requests.length] as FastifyRequest, new Reply() as unknown as FastifyReply, () => {})
  }
}

async function theirs(limits: number): Promise<() => Promise<void>> {
  const app = fastify()
  await offerFastifyLimiter(app, memory, 'orders')
  const keyGenerator = createCallerKey('ip')
  const deciders = Array.from({ length: limits }, (_, index) => ({
    decide: app.createRateLimit({ max: LIMIT, timeWindow: WINDOW_MS - index, keyGenerator }),
    fields: createFields(`limit-${index}`, LIMIT, WINDOW_MS)
  }))
  return async () => {
    for (let i = 0; i < DECISIONS; i++) {
      const reply = new Reply()
      for (const { decide, fields } of deciders) {
        const decision = await decide(requests[i % requests.length] as FastifyRequest)
        if (!decision.isAllowed) reply.header('ratelimit-policy', fields.policy).header('ratelimit', fields.state(decision.remaining, decision.ttl))
      }
    }
  }
}

interface Contestant {
  readonly name: string
  readonly run: () => void | Promise<void>
  readonly times: number[]
}

const contestants: readonly Contestant[] = [
  { name: 'one limit', run: ours(1), times: [] },
  { name: 'one limit, createRateLimit', run: await theirs(1), times: [] },
  { name: 'three limits in one question', run: ours(3), times: [] },
  { name: 'three limits, createRateLimit thrice', run: await theirs(3), times: [] }
]
for (let round = 0; round < ROUNDS; round++) {
  for (const { run, times } of contestants) {
    const started = process.hrtime.bigint()
    await run()
    times.push(Number(process.hrtime.bigint() - started) / DECISIONS)
  }
}
for (const { name, times } of contestants) {
  console.log(`${name.padEnd(40)} ${Math.round(times.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0)} ns`)
}
