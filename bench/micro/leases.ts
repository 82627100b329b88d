/**
 * One decision from a lease, in nanoseconds, beside one of the memory store and one that only passes through: `node bench/micro/leases.ts`.
 * The median of the rounds is printed, which take turns.
 */
import type { LimitQuestion, LimitRule, LimitStore } from '../../src/plugin-api/limits/store.ts'
import { LeasedStore } from '../../src/stores/leases/leased-store.ts'
import { createMemoryStore } from '../../src/stores/memory/memory-store.ts'
import { systemClock } from '../../src/system/clock.ts'

const ROUNDS = 9
const DECISIONS = 200_000
const KEYS = 100

const memory = createMemoryStore({ maxKeys: 100_000, maxBytes: 64 * 1024 * 1024, clock: systemClock })
const leased = new LeasedStore(memory, { clock: systemClock })
const plain: LimitRule = { id: 'plain', algorithm: 'gcra', limit: 1e9, burst: 1e9, windowMs: 60_000, calendar: null }
const shared: LimitRule = { ...plain, id: 'leased', lease: { units: 1e8, forMs: 60_000 } }
const full: LimitRule = { ...plain, id: 'full', limit: 10, burst: 10, windowMs: 86_400_000, lease: { units: 10, forMs: 86_400_000 } }

const questionsOf = (rule: LimitRule): readonly (readonly LimitQuestion[])[] =>
  Array.from({ length: KEYS }, (_, index) => [{ rule, key: `i192.0.2.${index}`, cost: 1 }])

function deciding(store: LimitStore, rule: LimitRule): () => void {
  const questions = questionsOf(rule)
  return () => {
    for (let i = 0; i < DECISIONS; i++) if ('then' in store.consume(questions[i % KEYS] as readonly LimitQuestion[])) throw new Error('not at once')
  }
}

for (const [question] of questionsOf(shared)) await leased.consume([question as LimitQuestion])
for (const asked of questionsOf(full)) for (let i = 0; i < 12; i++) await leased.consume(asked)

const contestants = [
  { name: 'memory store', run: deciding(memory, plain), times: [] as number[] },
  { name: 'memory store behind leases, no lease', run: deciding(leased, plain), times: [] as number[] },
  { name: 'from a lease', run: deciding(leased, shared), times: [] as number[] },
  { name: 'a refusal that is remembered', run: deciding(leased, full), times: [] as number[] }
]
for (let round = 0; round < ROUNDS; round++) {
  for (const { run, times } of contestants) {
    const started = process.hrtime.bigint()
    run()
    times.push(Number(process.hrtime.bigint() - started) / DECISIONS)
  }
}
for (const { name, times } of contestants) console.log(`${name.padEnd(40)} ${Math.round(times.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0)} ns`)
