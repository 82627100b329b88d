import { deepStrictEqual } from 'node:assert/strict'
import t from 'tap'
import type { LimitRule } from '../../src/plugin-api/limits/store.ts'
import { createMemoryStore } from '../../src/stores/memory/memory-store.ts'
import { allocateSharedLimits } from '../../src/stores/shared/shared-limit-store.ts'
import { decisionsOf, letGo, newControl, startHammer, timeAt, type Decision, type Hammering } from './limit-hammer.ts'
import type { Teardown } from '../support/gateway.ts'
import { ALGORITHMS, ruleOf } from './rules.ts'

const BOUNDS = { maxKeys: 100_000, maxBytes: 64e6 }
const REQUESTS = 2000
/** Longer than all ticks of a test. */
const LONG_MS = 1e9

async function hammered(t: Teardown, numbers: Pick<Hammering, 'rules' | 'keys' | 'together'>): Promise<readonly Decision[]> {
  const { control, words } = newControl()
  const limits = allocateSharedLimits(BOUNDS)
  const workers = [0, 1, 2, 3].map((worker) => startHammer({ ...numbers, limits, control, worker, requests: REQUESTS }))
  t.teardown(() => Promise.all(workers.map((worker) => worker.terminate())))
  const all = Promise.all(workers.map(decisionsOf))
  letGo(words)
  return (await all).flat().toSorted((a, b) => a.tick - b.tick)
}

t.test('of each limit exactly as much is let in, whoever asks', async (t) => {
  const rules = ALGORITHMS.map((algorithm) => ruleOf(algorithm, { limit: 1000, burst: 1000, windowMs: LONG_MS }))
  const decisions = await hammered(t, { rules, keys: ['k'], together: 1 })
  t.equal(decisions.length, 4 * REQUESTS)
  for (const { id } of rules) {
    const verdicts = decisions.filter(({ questions }) => questions[0]?.rule.id === id).map((decision) => decision.verdicts[0])
    t.ok(verdicts.length > 1500, `${verdicts.length} asked for ${id}`)
    const left = verdicts.filter((verdict) => verdict?.allowed).map((verdict) => verdict?.remaining)
    // Had two of them seen the same count, a number would be there twice.
    t.strictSame(
      left,
      Array.from({ length: 1000 }, (_, i) => 999 - i)
    )
  }
})

t.test('what four threads decide is what one would decide in the same order', async (t) => {
  const rules: readonly LimitRule[] = [
    ruleOf('gcra', { limit: 97, burst: 7, windowMs: 50 }),
    ruleOf('sliding-window', { limit: 40, windowMs: 60 }),
    ruleOf('fixed-window', { limit: 45, windowMs: 70 }),
    ruleOf('gcra', { id: 'other', limit: 300, burst: 40, windowMs: 100 })
  ]
  const keys = Array.from({ length: 5 }, (_, i) => `k${i}`)
  const decisions = await hammered(t, { rules, keys, together: 3 })
  let tick = 0
  const clock = { now: () => timeAt(tick), wall: () => timeAt(tick), after: () => () => {} }
  const store = createMemoryStore({ ...BOUNDS, clock })
  let [refused, admitted] = [0, 0]
  for (const decision of decisions) {
    tick = decision.tick
    deepStrictEqual(decision.verdicts, store.consume(decision.questions))
    if (decision.verdicts.every(({ allowed }) => allowed)) admitted++
    else refused++
  }
  t.ok(refused > 500 && admitted > 500, `${admitted} were let in and ${refused} were not`)
})
