import t from 'tap'
import { createBreaker } from '../../src/policy/breaker/breaker.ts'
import { type BreakerLock, type BreakerMemory, breakerWords } from '../../src/policy/breaker/memory.ts'
import type { Breaker, BreakerRule, BreakerTransition, Permit } from '../../src/policy/breaker/types.ts'
import fc from '../support/property.ts'

const START = 9_007_199_254_741
const WORKERS = 3

/** Holds whoever uses it to its contract, and counts. */
class CheckedLock implements BreakerLock {
  isHeld = false
  taken = 0
  /** What others do while somebody waits for it; once. */
  meanwhile: (() => void) | null = null

  acquire(): void {
    const others = this.meanwhile
    this.meanwhile = null
    others?.()
    if (this.isHeld) throw new Error('taken while it is held')
    this.isHeld = true
    this.taken++
  }

  release(): void {
    if (!this.isHeld) throw new Error('given back while it is free')
    this.isHeld = false
  }
}

function sharedBreakers(rule: BreakerRule, random: () => number) {
  const lock = new CheckedLock()
  const words = new Float64Array(new SharedArrayBuffer(breakerWords(WORKERS) * Float64Array.BYTES_PER_ELEMENT))
  const transitions: BreakerTransition[] = []
  const heldWhenTold: boolean[] = []
  const breakers = Array.from({ length: WORKERS }, (_, worker): Breaker => {
    const memory: BreakerMemory = { words, lock, worker }
    return createBreaker(
      rule,
      random,
      (transition) => {
        transitions.push(transition)
        heldWhenTold.push(lock.isHeld)
      },
      memory
    )
  })
  return { breakers, transitions, heldWhenTold, lock, at: (worker: number) => breakers[worker % WORKERS] as Breaker }
}

const rules = fc
  .record({
    windowMs: fc.constantFrom(100, 1000, 9990),
    minimumRequests: fc.integer({ min: 1, max: 8 }),
    failureRatio: fc.option(fc.constantFrom(0.25, 0.5, 1)),
    slowCallMs: fc.option(fc.constant(50)),
    slowCallRatio: fc.constantFrom(0.5, 1),
    consecutiveFailures: fc.option(fc.integer({ min: 1, max: 6 })),
    openMs: fc.constantFrom(100, 500),
    maxOpenMs: fc.constantFrom(500, 1500),
    jitter: fc.constantFrom(0, 0.3),
    halfOpenRequests: fc.integer({ min: 1, max: 4 }),
    halfOpenSuccesses: fc.integer({ min: 1, max: 5 })
  })
  .map((rule): BreakerRule => rule)

const worker = fc.nat(WORKERS - 1)
const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('acquire' as const), worker }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('settle' as const),
        which: fc.nat(20),
        result: fc.constantFrom('success' as const, 'failure' as const, 'failure' as const, 'ignored' as const),
        tookMs: fc.constantFrom(1, 50, 51)
      })
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 7, 99, 100, 450, 1200) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('force' as const), worker, mode: fc.constantFrom('open' as const, 'closed' as const, 'auto' as const) })
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('configure' as const), windowMs: fc.constantFrom(100, 1000) }) }
  ),
  { minLength: 5, maxLength: 120, size: 'max' }
)

t.test('what several workers feed to one memory gives the permits, transitions and counts of one breaker that was fed with all', (t) => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(rules, steps, (rule, sequence) => {
      const shared = sharedBreakers(rule, () => 0.7)
      const told: BreakerTransition[] = []
      const alone = createBreaker(
        rule,
        () => 0.7,
        (transition) => told.push(transition)
      )
      const permits: { ours: Permit; model: Permit }[] = []
      let now = START
      for (const step of sequence) {
        if (step.do === 'wait') now += step.ms
        else if (step.do === 'configure') {
          for (const breaker of [...shared.breakers, alone]) breaker.configure({ ...rule, windowMs: step.windowMs })
        } else if (step.do === 'force') {
          shared.at(step.worker).force(step.mode, now)
          alone.force(step.mode, now)
        } else if (step.do === 'acquire') {
          const ours = shared.at(step.worker).tryAcquire(now)
          const model = alone.tryAcquire(now)
          if ((ours === null) !== (model === null)) return false
          if (ours !== null && model !== null) permits.push({ ours, model })
        } else if (permits.length > 0) {
          const [held] = permits.splice(step.which % permits.length, 1)
          held?.ours.settle(step.result, now, step.tookMs)
          held?.model.settle(step.result, now, step.tookMs)
        }
        const expected = JSON.stringify(alone.snapshot(now))
        if (shared.breakers.some((breaker) => JSON.stringify(breaker.snapshot(now)) !== expected)) return false
      }
      for (const { from, to } of told) seen.add(`${from} to ${to}`)
      return JSON.stringify(shared.transitions) === JSON.stringify(told) && !shared.heldWhenTold.includes(true) && !shared.lock.isHeld
    }),
    { numRuns: 600 }
  )
  for (const change of ['closed to open', 'open to half-open', 'half-open to open', 'half-open to closed']) {
    t.ok(seen.has(change), `the sequences went through: ${change}`)
  }
  t.end()
})

const RULE: BreakerRule = {
  windowMs: 10_000,
  minimumRequests: 4,
  failureRatio: 0.5,
  slowCallMs: null,
  slowCallRatio: 0.5,
  consecutiveFailures: null,
  openMs: 1000,
  maxOpenMs: 6000,
  jitter: 0,
  halfOpenRequests: 3,
  halfOpenSuccesses: 3
}

t.test('a reload that reaches one worker after the other forgets the counts once', (t) => {
  const { breakers, at } = sharedBreakers(RULE, () => 0)
  const fail = (worker: number): void => at(worker).tryAcquire(START)?.settle('failure', START, 1)
  fail(0)
  fail(1)
  const rule = { ...RULE, windowMs: 5000 }
  at(0).configure(rule)
  t.equal(at(1).snapshot(START).requests, 0)
  fail(0)
  fail(1)
  at(1).configure(rule)
  fail(1)
  at(2).configure(rule)
  t.strictSame(
    breakers.map((breaker) => breaker.snapshot(START).requests),
    [3, 3, 3]
  )
  t.end()
})

t.test('a worker that comes later goes on from what it finds, the length of the window too', (t) => {
  const lock = new CheckedLock()
  const words = new Float64Array(breakerWords(2))
  const create = (worker: number, rule: BreakerRule): Breaker =>
    createBreaker(
      rule,
      () => 0,
      () => {},
      { words, lock, worker }
    )
  const first = create(0, RULE)
  for (let i = 0; i < 3; i++) first.tryAcquire(START)?.settle('failure', START, 1)
  const second = create(1, { ...RULE, windowMs: 1000 })
  t.equal(second.snapshot(START + 5000).requests, 3, 'its own rule counts from its activation on')
  second.tryAcquire(START)?.settle('failure', START, 1)
  t.equal(first.phase(START), 'open')
  t.end()
})

t.test('only what may change the state takes the lock', (t) => {
  const { at, lock } = sharedBreakers({ ...RULE, minimumRequests: 4 }, () => 0)
  const cost = (run: () => void): number => {
    const before = lock.taken
    run()
    return lock.taken - before
  }
  t.equal(
    cost(() => at(0).tryAcquire(START)?.settle('success', START, 1)),
    1,
    'a permit costs nothing, its result once'
  )
  t.equal(
    cost(() => at(0).tryAcquire(START)?.settle('ignored', START, 1)),
    0
  )
  for (let i = 0; i < 4; i++) at(i).tryAcquire(START)?.settle('failure', START, 1)
  t.equal(at(1).phase(START), 'open')
  t.equal(
    cost(() => at(1).tryAcquire(START + 999)),
    0,
    'a refusal costs nothing'
  )
  t.equal(
    cost(() => at(1).tryAcquire(START + 1000)),
    1
  )
  t.end()
})

t.test('what others change while one waits for the lock counts as having come before', (t) => {
  const { at, lock, transitions } = sharedBreakers({ ...RULE, halfOpenRequests: 2, halfOpenSuccesses: 1 }, () => 0)
  for (let i = 0; i < 3; i++) at(0).tryAcquire(START)?.settle('failure', START, 1)
  const late = at(0).tryAcquire(START)
  lock.meanwhile = () => at(1).tryAcquire(START)?.settle('failure', START, 1)
  late?.settle('failure', START, 1)
  t.match(at(0).snapshot(START), { phase: 'open', requests: 4 })

  const later = START + 1000
  const [good, bad] = [at(0).tryAcquire(later), at(1).tryAcquire(later)]
  lock.meanwhile = () => bad?.settle('failure', later, 1)
  good?.settle('success', later, 1)
  t.equal(at(0).phase(later), 'open', 'the probe that succeeded was late')

  const last = later + 2000
  lock.meanwhile = () => at(1).force('auto', last)
  t.ok(at(0).tryAcquire(last), 'it was closed meanwhile')
  t.strictSame(
    transitions.map(({ to }) => to),
    ['open', 'half-open', 'open', 'closed']
  )
  t.end()
})
