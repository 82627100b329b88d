import t from 'tap'
import { createBreaker } from '../../src/policy/breaker/breaker.ts'
import type { BreakerMemory } from '../../src/policy/breaker/memory.ts'
import type { Breaker, BreakerRule, Permit } from '../../src/policy/breaker/types.ts'
import { allocateSharedBreakers, BreakerDirectory } from '../../src/stores/shared/breaker-directory.ts'
import fc from '../support/property.ts'

const START = 9_007_199_254_741
const RULE: BreakerRule = {
  windowMs: 10_000,
  minimumRequests: 100,
  failureRatio: 0.5,
  slowCallMs: null,
  slowCallRatio: 0.5,
  consecutiveFailures: 2,
  openMs: 1000,
  maxOpenMs: 60_000,
  jitter: 0,
  halfOpenRequests: 2,
  halfOpenSuccesses: 2
}

function workersOf(count: number, capacity?: number) {
  const buffer = allocateSharedBreakers(count, capacity)
  const full: string[] = []
  const workers = Array.from({ length: count }, (_, worker) => new BreakerDirectory(buffer, worker, (name) => full.push(`${worker} ${name}`)))
  return { buffer, full, at: (worker: number) => workers[worker] as BreakerDirectory }
}

function over(memory: BreakerMemory): Breaker {
  return createBreaker(
    RULE,
    () => 0,
    () => {},
    memory
  )
}

function fail(breaker: Breaker): void {
  breaker.tryAcquire(START)?.settle('failure', START, 1)
}

t.test('the same name is the same breaker in all workers, another name is another', (t) => {
  const { at, full } = workersOf(40)
  const [first, last] = [over(at(0).take('upstream:orders')), over(at(39).take('upstream:orders'))]
  const other = over(at(39).take('route:orders'))
  fail(first)
  fail(other)
  t.equal(last.phase(START), 'closed')
  fail(last)
  t.equal(first.phase(START), 'open')
  t.equal(other.phase(START), 'closed')
  t.equal(at(0).used, 2)
  t.strictSame(full, [])
  t.end()
})

t.test('a breaker lives until the last worker lets go of it, and what comes in its place knows nothing of it', (t) => {
  const { at } = workersOf(2, 1)
  const memory = at(0).take('a')
  t.equal(at(0).take('a'), memory, 'a second time is the same')
  const early = [over(memory).tryAcquire(START), over(memory).tryAcquire(START)]
  const kept = over(at(1).take('a'))
  fail(kept)
  at(0).release('a')
  at(0).release('a')
  t.equal(over(at(0).take('a')).snapshot(START).requests, 1, 'one worker held it still')
  at(0).release('a')
  at(1).release('a')
  t.equal(at(0).used, 0)
  const next = over(at(0).take('b'))
  for (const permit of early) permit?.settle('failure', START, 1)
  t.match(next.snapshot(START), { phase: 'closed', reason: null, requests: 0 })
  at(0).release('never taken')
  t.equal(at(0).used, 1)
  t.end()
})

t.test('when there is no more room a worker has a breaker of its own and says so', (t) => {
  const { at, full } = workersOf(2, 2)
  at(0).take('a')
  at(1).take('b')
  const [mine, yours] = [over(at(0).take('c')), over(at(1).take('c'))]
  fail(mine)
  fail(mine)
  t.strictSame([mine.phase(START), yours.phase(START)], ['open', 'closed'])
  at(0).take('c')
  t.strictSame(full, ['0 c', '1 c'])
  at(1).release('b')
  at(1).release('c')
  at(1).take('c')
  t.equal(at(1).used, 2, 'there is room again')
  t.end()
})

t.test('a worker that died holds no lock, no probe and no breaker', (t) => {
  const { at, buffer } = workersOf(3, 4)
  const shared = over(at(0).take('shared'))
  const survivor = over(at(1).take('shared'))
  for (let i = 0; i < 2; i++) fail(survivor)
  const probes: (Permit | null)[] = [shared.tryAcquire(START + 1000), shared.tryAcquire(START + 1000)]
  t.notOk(probes.includes(null))
  t.equal(survivor.tryAcquire(START + 1000), null)
  const own = at(0).take('own')
  own.lock?.acquire()
  // In the middle of a change to the directory itself, with its index gone.
  const integers = new Int32Array(buffer)
  integers[0] = 1
  integers.fill(0, 16, 24)
  at(2).forget(0)
  t.equal(integers[0], 0)
  t.ok(survivor.tryAcquire(START + 1000), 'there is room for a probe')
  t.equal(at(1).used, 1)
  t.equal(over(at(2).take('shared')).phase(START + 1000), 'half-open', 'it is found again')
  const next = over(at(1).take('own'))
  next.force('open', START)
  t.equal(next.phase(START), 'forced-open')
  t.end()
})

t.test('any sequence of takes, releases and deaths finds the memory that a map would', (t) => {
  const CAPACITY = 6
  const actions = fc.array(
    fc.record({
      do: fc.constantFrom('take' as const, 'take' as const, 'take' as const, 'release' as const, 'release' as const, 'die' as const),
      worker: fc.nat(2),
      name: fc.nat(11).map((n) => `upstream:${n}`)
    }),
    { maxLength: 80, size: 'max' }
  )
  let fullest = 0
  let refused = 0
  fc.assert(
    fc.property(actions, (sequence) => {
      const buffer = allocateSharedBreakers(4, CAPACITY)
      const supervisor = new BreakerDirectory(buffer, 3, () => {})
      const start = (worker: number) => new BreakerDirectory(buffer, worker, () => {})
      const workers = [0, 1, 2].map((worker) => ({ directory: start(worker), held: new Map<string, number>() }))
      const owners = new Map<string, { offset: number; by: Set<number> }>()
      const leave = (name: string, worker: number): void => {
        const owner = owners.get(name)
        owner?.by.delete(worker)
        if (owner?.by.size === 0) owners.delete(name)
      }
      for (const action of sequence) {
        const { name, worker } = action
        const one = workers[worker] as (typeof workers)[number]
        const count = one.held.get(name) ?? 0
        if (action.do === 'die') {
          for (const known of one.held.keys()) leave(known, worker)
          supervisor.forget(worker)
          workers[worker] = { directory: start(worker), held: new Map() }
        } else if (action.do === 'release') {
          one.directory.release(name)
          if (count > 1) one.held.set(name, count - 1)
          else if (one.held.delete(name)) leave(name, worker)
        } else {
          const { words, lock } = one.directory.take(name)
          one.held.set(name, count + 1)
          if (lock === null) {
            refused++
            if (count === 0 && owners.size < CAPACITY) return false
            continue
          }
          const owner = owners.get(name) ?? { offset: words.byteOffset, by: new Set() }
          if (owner.offset !== words.byteOffset || words.byteOffset % 64 !== 0) return false
          owner.by.add(worker)
          owners.set(name, owner)
        }
        const offsets = [...owners.values()].map(({ offset }) => offset)
        if (new Set(offsets).size !== owners.size || supervisor.used !== owners.size) return false
        fullest = Math.max(fullest, owners.size)
      }
      return true
    }),
    { numRuns: 600 }
  )
  t.equal(fullest, CAPACITY)
  t.ok(refused > 0, `${refused} found no room`)
  t.end()
})

t.test('thousands of names have a memory each, are found again and leave nothing behind', (t) => {
  const { at, full } = workersOf(2)
  const names = Array.from({ length: 16_384 }, (_, i) => `upstream:service-${i}`)
  for (const name of names) at(0).take(name).words[5] = 1
  t.equal(at(0).used, names.length)
  at(0).take('one more')
  t.strictSame(full, ['0 one more'])
  t.ok(
    names.every((name) => at(1).take(name).words[5] === 1),
    'the other worker found each'
  )
  for (const name of names) for (const worker of [0, 1]) at(worker).release(name)
  t.equal(at(0).used, 0)
  t.end()
})
