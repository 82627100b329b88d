import { once } from 'node:events'
import type { Worker } from 'node:worker_threads'
import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { DIRTY, openSharedMemory } from '../../src/stores/shared/memory.ts'
import { allocateSharedLimits, createSharedLimitStore, recoverSharedLimits } from '../../src/stores/shared/shared-limit-store.ts'
import { eventually } from '../support/client.ts'
import { dice } from '../support/random.ts'
import { ADMITTED, decisionsOf, letGo, newControl, startHammer, STUCK, timeAt, TICKS, type Hammering } from './limit-hammer.ts'
import { ALGORITHMS, ask, ruleOf } from './rules.ts'

const BOUNDS = { maxKeys: 10_000, maxBytes: 64e6 }
const LONG_MS = 1e12

t.test('what a dead thread held is free again after recovery, and still exactly the limit is let in', async (t) => {
  const rule = ruleOf('sliding-window', { limit: 2000, windowMs: LONG_MS })
  const keys = ['k', 'l', 'm', 'n']
  const { control, words } = newControl()
  const limits = allocateSharedLimits(BOUNDS)
  const hammering: Hammering = { rules: [rule], keys: ['k'], together: 1, requests: 1500, limits, control, worker: 0 }
  const victim = startHammer({ ...hammering, worker: 7, keys, together: 4, stuckAtLook: 300, requests: Infinity })
  const others = [1, 2].map((worker) => startHammer({ ...hammering, worker }))
  t.teardown(() => Promise.all([victim, ...others].map((worker) => worker.terminate())))
  letGo(words)
  const all = Promise.all(others.map(decisionsOf))
  await eventually(() => Atomics.load(words, STUCK) === 1)
  await ended(victim)
  t.ok(recoverSharedLimits(limits, 7) > 0, 'it had locks')
  t.equal((await all).flat().length, 3000, 'the others went on')
  t.equal(recoverSharedLimits(limits, 7), 0, 'all are free')
  const clock = { now: () => timeAt(words[TICKS] ?? 0), wall: () => 0, after: () => () => {} }
  const store = createSharedLimitStore(limits, { clock, worker: 0 })
  t.equal(store.usage(rule, 'k').remaining, 0)
  const counted = keys.reduce((units, key) => units + rule.limit - store.usage(rule, key).remaining, 0)
  t.equal(counted, words[ADMITTED], 'and no unit more or less than was let in')
})

t.test('threads that are ended at any moment lose no count of the others', async (t) => {
  const rules = ALGORITHMS.map((algorithm) => ruleOf(algorithm, { limit: 1e6, burst: 1e6, windowMs: LONG_MS }))
  const keys = Array.from({ length: 4 }, (_, i) => `k${i}`)
  const { control, words } = newControl()
  const limits = allocateSharedLimits(BOUNDS)
  const start = (worker: number): Worker => startHammer({ rules, keys, together: 1, requests: Infinity, limits, control, worker })
  const workers = [start(0), start(1), start(2)]
  t.teardown(() => Promise.all(workers.map((worker) => worker.terminate())))
  letGo(words)
  let kills = 0
  for (let i = 0; i < 6; i++) {
    const until = Atomics.load(words, TICKS) + 2000
    await eventually(() => Atomics.load(words, TICKS) > until)
    const dying = i % workers.length
    await ended(workers[dying] as Worker)
    recoverSharedLimits(limits, dying)
    workers[dying] = start(dying)
    kills++
  }
  for (const [worker, thread] of workers.entries()) {
    await ended(thread)
    recoverSharedLimits(limits, worker)
    kills++
  }
  const clock = { now: () => timeAt(words[TICKS] ?? 0), wall: () => 0, after: () => () => {} }
  const store = createSharedLimitStore(limits, { clock, worker: 0 })
  let counted = 0
  for (const rule of rules) for (const key of keys) counted += rule.limit - store.usage(rule, key).remaining
  const admitted = words[ADMITTED] ?? 0
  // Whoever died may have recorded one that it told nobody of; and a bucket is rounded up, once for its look and once for its repair.
  t.ok(counted >= admitted && counted <= admitted + 2 * kills + keys.length, `${counted} are counted of ${admitted}`)
})

t.test('whatever of a request was written, the counts of all others stay and the shard works', (t) => {
  const { chance, int, pick } = dice()
  const keys = Array.from({ length: 6 }, (_, i) => `k${i}`)
  for (let round = 0; round < 200; round++) {
    // A new key takes the place of one that counts no longer, which is a deed of its own: then there is none.
    const isNew = chance(0.2)
    const rules = ALGORITHMS.map((algorithm) => ruleOf(algorithm, { limit: 60, burst: 60, windowMs: isNew ? 1e6 : 10_000 }))
    const clock = new FakeClock()
    const limits = allocateSharedLimits({ maxKeys: 100, maxBytes: 1e6 })
    const store = createSharedLimitStore(limits, { clock, worker: 0 })
    const act = (key = pick(keys), rule = pick(rules)): void => store.charge([ask(rule, chance(0.8) ? 1 : int(isNew ? 1 : -8, 8), key)])
    for (let i = 0; i < 120; i++, clock.advance(int(0, 200))) act()
    const torn = { rule: pick(rules), key: isNew ? 'new' : pick(keys) }
    if (!isNew) store.charge([ask(torn.rule, 2, torn.key)])
    const others = rules.flatMap((rule) => keys.filter((key) => rule !== torn.rule || key !== torn.key).map((key) => ask(rule, 0, key)))
    const expected = store.peek(others)
    const before = new BigInt64Array(limits.slice())
    act(torn.key, torn.rule)
    const memory = new BigInt64Array(limits)
    for (let i = 0; i < memory.length; i++) if (memory[i] !== before[i] && chance(0.5)) memory[i] = before[i] ?? 0n
    recoverFrom(limits)
    t.strictSame(store.peek(others), expected, `round ${round}`)
    for (let i = 0; i < 100; i++, clock.advance(int(0, 200))) act(chance(0.1) ? 'new' : pick(keys))
    const left = store.peek(others)
    const { stats } = store
    recoverFrom(limits)
    t.strictSame(store.stats, stats, 'it has counted as one who counts again')
    t.strictSame(store.peek(others), left)
  }
  t.end()

  function recoverFrom(limits: SharedArrayBuffer): void {
    const { integers, shardsAt } = openSharedMemory(limits)
    integers[shardsAt] = 4
    t.equal(recoverSharedLimits(limits, 3), 1)
  }
})

t.test('a bucket of which only the first numbers were written is taken as no emptier than it was', (t) => {
  const rule = ruleOf('gcra', { limit: 7, burst: 7, windowMs: 1000 })
  const { int } = dice()
  for (let round = 0; round < 200; round++) {
    const clock = new FakeClock()
    const limits = allocateSharedLimits({ maxKeys: 100, maxBytes: 1e6 })
    const { integers, doubles, shardsAt, slotsAt } = openSharedMemory(limits)
    const store = createSharedLimitStore(limits, { clock, worker: 0 })
    store.charge([ask(rule, 5)])
    clock.advance(int(0, 300))
    store.charge([ask(rule, 0), ask(rule, 1)])
    clock.advance(int(1, 200))
    const before = doubles.slice(slotsAt / 2, slotsAt / 2 + 4)
    const { resetMs } = store.usage(rule, 'k')
    // The look has aged it: so much of that was written, and then its writer died.
    const written = int(0, 3)
    doubles.set(before.subarray(written), slotsAt / 2 + written)
    integers[shardsAt + DIRTY] = 1
    integers[shardsAt] = 4
    recoverSharedLimits(limits, 3)
    t.ok(store.usage(rule, 'k').resetMs >= resetMs)
  }
  t.end()
})

async function ended(worker: Worker): Promise<void> {
  const exit = once(worker, 'exit')
  await worker.terminate()
  await exit
}
