import t from 'tap'
import { createBreaker } from '../../src/policy/breaker/breaker.ts'
import type { BreakerRule } from '../../src/policy/breaker/types.ts'
import { allocateSharedBreakers, BreakerDirectory } from '../../src/stores/shared/breaker-directory.ts'
import { ARRIVED, BreakerWorkers, CHURNS, type Done, MOST_RUNNING, NAME, RUNNING } from './breaker-workers.ts'

const START = 9_007_199_254_741
const THREADS = 4
const SUPERVISOR = THREADS
const RULE: BreakerRule = {
  windowMs: 10_000,
  minimumRequests: 100_000,
  failureRatio: 1,
  slowCallMs: null,
  slowCallRatio: 0.5,
  consecutiveFailures: null,
  openMs: 1000,
  maxOpenMs: 60_000,
  jitter: 0,
  halfOpenRequests: 3,
  halfOpenSuccesses: 3
}

function shared(threads: number, rule: BreakerRule, onEnd: (stop: () => Promise<void>) => void) {
  const buffer = allocateSharedBreakers(THREADS + 1)
  const workers = new BreakerWorkers(buffer, rule)
  for (let worker = 0; worker < threads; worker++) workers.start(worker)
  onEnd(() => workers.stop())
  const directory = new BreakerDirectory(buffer, SUPERVISOR, () => {})
  const breaker = createBreaker(
    rule,
    () => 0,
    () => {},
    directory.take(NAME)
  )
  return { workers, directory, breaker }
}

const transitionsOf = (done: readonly Done[]): readonly string[] => done.flatMap(({ transitions }) => transitions)
const permitsOf = (done: readonly Done[]): number => done.reduce((sum, { permits }) => sum + permits, 0)

t.test('threads that run at the same time lose no count, open it once, share its probes and close it once', async (t) => {
  const { workers, breaker } = shared(THREADS, RULE, (stop) => t.teardown(stop))
  // One less than what opens it, then all at once.
  const before = await workers.all({ do: 'fail', times: 24_999, now: START })
  t.equal(permitsOf(before), 99_996)
  t.match(breaker.snapshot(START), { phase: 'closed', requests: 99_996, failures: 99_996 })
  const opened = await workers.all({ do: 'fail', times: 1000, now: START })
  t.strictSame(transitionsOf(opened), ['closed to open'])
  t.equal(breaker.phase(START), 'open')

  const later = START + 1000
  const { board } = workers
  const probing = await workers.all({ do: 'pass', probes: 5000, now: later })
  t.strictSame(transitionsOf(probing), ['open to half-open'])
  t.ok(Atomics.load(board, MOST_RUNNING) <= 3, `${Atomics.load(board, MOST_RUNNING)} ran at a time`)
  t.equal(Atomics.load(board, RUNNING), 0)
  // How threads overlap is the machine's affair. With two taken here, each of theirs is the third, and a second one of theirs is too many.
  const taken = [breaker.tryAcquire(later), breaker.tryAcquire(later)]
  Atomics.store(board, RUNNING, 2)
  await workers.all({ do: 'pass', probes: 5000, now: later })
  t.equal(Atomics.load(board, MOST_RUNNING), 3, 'so many ran at a time')
  for (const permit of taken) permit?.settle('ignored', later, 1)

  const held = await workers.all({ do: 'hold', times: 1000, now: later })
  t.equal(permitsOf(held), 3)
  t.equal(breaker.tryAcquire(later), null, 'none is left for the supervisor either')
  const closed = await workers.all({ do: 'settle', now: later })
  t.strictSame(transitionsOf(closed), ['half-open to closed'])
  t.equal(breaker.phase(later), 'closed')
})

t.test('a thread may end at any moment: nobody waits for it, its probes and breakers are given back', async (t) => {
  const rule = { ...RULE, minimumRequests: 5, failureRatio: 0.5 }
  const { workers, directory, breaker } = shared(0, rule, (stop) => t.teardown(stop))
  const names = Array.from({ length: 40 }, (_, i) => `route:${i}`)
  for (let round = 0; round < 5; round++) {
    const { board } = workers
    Atomics.store(board, CHURNS, 0)
    const thread = workers.start(0)
    thread.postMessage({ deed: { do: 'churn' }, of: 1 + Atomics.load(board, ARRIVED) })
    // Somebody uses the same breakers meanwhile.
    while (Atomics.load(board, CHURNS) < 150 + round * 37) {
      for (const name of names.slice(0, 5)) directory.take(name)
      for (const name of names.slice(0, 5)) directory.release(name)
      breaker.snapshot(round)
      await new Promise((resolve) => setImmediate(resolve))
    }
    await thread.terminate()
    directory.forget(0)
    t.equal(directory.used, 1, 'only what the supervisor holds')
    const now = 1e9 * (round + 1)
    breaker.force('open', now)
    breaker.force('auto', now)
    t.match(breaker.snapshot(now), { phase: 'closed', requests: 0, failures: 0, slow: 0 })
    for (let i = 0; i < 5; i++) breaker.tryAcquire(now)?.settle('failure', now, 1)
    const probes = Array.from({ length: 10 }, () => breaker.tryAcquire(now + 1000)).filter((permit) => permit !== null)
    t.equal(probes.length, 3)
    for (const name of names) directory.take(name)
    t.equal(directory.used, 41)
    for (const name of names) directory.release(name)
  }
})
