import t from 'tap'
import { createBreaker } from '../../src/policy/breaker/breaker.ts'
import { type BreakerMemory, breakerWords, clearMemory, forgetWorker } from '../../src/policy/breaker/memory.ts'
import type { Breaker, BreakerRule, Permit } from '../../src/policy/breaker/types.ts'
import fc from '../support/property.ts'

const START = 9_007_199_254_741
const PROBES_FROM = START + 1000
const RULE: BreakerRule = {
  windowMs: 10_000,
  minimumRequests: 100,
  failureRatio: 0.5,
  slowCallMs: null,
  slowCallRatio: 0.5,
  consecutiveFailures: 4,
  openMs: 1000,
  maxOpenMs: 6000,
  jitter: 0,
  halfOpenRequests: 3,
  halfOpenSuccesses: 3
}

function pair() {
  const words = new Float64Array(breakerWords(2))
  const memory = (worker: number): BreakerMemory => ({ words, lock: null, worker })
  const breaker = (worker: number): Breaker =>
    createBreaker(
      RULE,
      () => 0,
      () => {},
      memory(worker)
    )
  return { words, memory, one: breaker(0), two: breaker(1) }
}

function open(breaker: Breaker): void {
  for (let i = 0; i < 4; i++) breaker.tryAcquire(START)?.settle('failure', START, 1)
}

t.test('probes of a worker that died make room for others, those of the living go on and count', (t) => {
  const { one, two, memory } = pair()
  open(one)
  const lost = [one.tryAcquire(PROBES_FROM), one.tryAcquire(PROBES_FROM)]
  const kept = two.tryAcquire(PROBES_FROM) as Permit
  t.notOk(lost.includes(null))
  t.equal(two.tryAcquire(PROBES_FROM), null, 'all places are taken')
  forgetWorker(memory(1), 0)
  const more = [two.tryAcquire(PROBES_FROM), two.tryAcquire(PROBES_FROM), two.tryAcquire(PROBES_FROM)]
  t.strictSame(
    more.map((permit) => permit !== null),
    [true, true, false],
    'exactly the two places that were lost'
  )
  for (const permit of [kept, ...more]) permit?.settle('success', PROBES_FROM, 1)
  t.equal(two.phase(PROBES_FROM), 'closed', 'the probe of before is one of the three')
  t.end()
})

t.test('counts are kept when a worker dies while the breaker is closed', (t) => {
  const { one, two, memory } = pair()
  for (let i = 0; i < 3; i++) one.tryAcquire(START)?.settle('failure', START, 1)
  forgetWorker(memory(1), 0)
  t.equal(two.snapshot(START).requests, 3)
  two.tryAcquire(START)?.settle('failure', START, 1)
  t.equal(two.phase(START), 'open')
  t.end()
})

t.test('permits from before its memory went to another breaker say nothing to that one', (t) => {
  const { one, memory } = pair()
  const old = [one.tryAcquire(START), one.tryAcquire(START)]
  clearMemory(memory(0))
  const next = createBreaker(
    RULE,
    () => 0,
    () => {},
    memory(0)
  )
  for (const permit of old) permit?.settle('failure', START, 1)
  t.match(next.snapshot(START), { phase: 'closed', reason: null, sinceMs: -Infinity, requests: 0 })
  t.end()
})

class Ended extends Error {}

/** Words of which the n-th write, and all after it, do not happen: what a thread leaves that ends at that moment. */
function dying(words: Float64Array, writes: { left: number }): Float64Array {
  const write = (): void => {
    if (writes.left-- <= 0) throw new Ended()
  }
  return new Proxy(words, {
    get(target, name) {
      if (name === 'subarray') return (from: number, to: number) => dying(target.subarray(from, to), writes)
      if (name !== 'fill') return Reflect.get(target, name)
      return (value: number, from = 0, to = target.length) => {
        for (let word = from; word < to; word++) {
          write()
          target[word] = value
        }
      }
    },
    set(target, name, value: number) {
      write()
      return Reflect.set(target, name, value)
    }
  })
}

t.test('a change that a dying worker broke off leaves a breaker that counts, opens and closes', (t) => {
  const calls = fc.array(
    fc.record({ afterMs: fc.constantFrom(0, 70, 1000, 3500, 12_000), result: fc.constantFrom('success' as const, 'failure' as const) }),
    { minLength: 1, maxLength: 20 }
  )
  let ended = 0
  fc.assert(
    fc.property(calls, fc.nat(60), (sequence, left) => {
      const { words, memory, two } = pair()
      const writes = { left: Infinity }
      const one = createBreaker(
        RULE,
        () => 0,
        () => {},
        { ...memory(0), words: dying(words, writes) }
      )
      let now = START
      writes.left = left
      try {
        for (const { afterMs, result } of sequence) one.tryAcquire((now += afterMs))?.settle(result, now, 1)
      } catch (error) {
        if (!(error instanceof Ended)) throw error
        ended++
      }
      forgetWorker(memory(1), 0)
      const { requests, failures } = two.snapshot(now)
      if (failures < 0 || failures > requests || requests > sequence.length) return false
      // Every count leaves with its bucket; what is left is nothing.
      if (two.phase(now) === 'closed') for (let later = 0; later < 10; later++) two.snapshot((now += 1000))
      if (two.phase(now) === 'closed' && two.snapshot(now).requests !== 0) return false
      for (let i = 0; i < 4; i++) two.tryAcquire(now)?.settle('failure', now, 1)
      now += 6000
      const probes = Array.from({ length: 4 }, () => two.tryAcquire(now))
      for (const probe of probes) probe?.settle('success', now, 1)
      return probes.indexOf(null) === 3 && two.phase(now) === 'closed'
    }),
    { numRuns: 600 }
  )
  t.ok(ended > 100, `${ended} were broken off`)
  t.end()
})
