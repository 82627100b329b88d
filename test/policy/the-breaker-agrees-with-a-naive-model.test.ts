import t from 'tap'
import { createBreaker } from '../../src/policy/breaker/breaker.ts'
import type { BreakerPhase, BreakerRule, BreakerTransition, Permit } from '../../src/policy/breaker/types.ts'
import fc from '../support/property.ts'

const START = 9_007_199_254_741

interface Call {
  readonly at: number
  readonly failed: boolean
  readonly slow: boolean
}

/** The rules said again with a list of all calls and nothing clever. */
class NaiveBreaker {
  readonly rule: BreakerRule
  phase: BreakerPhase = 'closed'
  calls: Call[] = []
  inRow = 0
  untilMs = 0
  failedPhases = 0
  probes = 0
  good = 0
  epoch = 0

  constructor(rule: BreakerRule) {
    this.rule = rule
  }

  acquire(now: number): number | null {
    if (this.phase === 'open' && now >= this.untilMs) this.enter('half-open')
    if (this.phase === 'open' || this.phase === 'forced-open') return null
    if (this.phase === 'half-open' && this.probes === this.rule.halfOpenRequests) return null
    if (this.phase === 'half-open') this.probes++
    return this.epoch
  }

  settle(epoch: number, result: 'success' | 'failure' | 'ignored', now: number, tookMs: number): void {
    if (epoch !== this.epoch) return
    const slow = this.rule.slowCallMs !== null && tookMs > this.rule.slowCallMs
    if (this.phase === 'half-open') {
      this.probes--
      if (result === 'ignored') return
      if (result === 'success' && !slow) {
        if (++this.good === this.rule.halfOpenSuccesses) this.enter('closed')
        return
      }
      this.failedPhases++
      this.open(now)
    } else if (this.phase === 'closed' && result !== 'ignored') {
      this.calls.push({ at: now, failed: result === 'failure', slow })
      this.inRow = result === 'failure' ? this.inRow + 1 : 0
      if (this.trips(now)) this.open(now)
    }
  }

  trips(now: number): boolean {
    const { rule } = this
    const bucket = (at: number): number => Math.floor(at / (rule.windowMs / 10))
    const seen = this.calls.filter((call) => bucket(call.at) > bucket(now) - 10)
    const share = (test: (call: Call) => boolean): number => seen.filter(test).length / seen.length
    if (rule.consecutiveFailures !== null && this.inRow >= rule.consecutiveFailures) return true
    if (seen.length < rule.minimumRequests) return false
    if (rule.failureRatio !== null && share(({ failed }) => failed) >= rule.failureRatio) return true
    return rule.slowCallMs !== null && share(({ slow }) => slow) >= rule.slowCallRatio
  }

  open(now: number): void {
    this.untilMs = now + Math.min(this.rule.maxOpenMs, this.rule.openMs * 2 ** this.failedPhases)
    this.enter('open')
  }

  force(mode: 'open' | 'closed' | 'auto'): void {
    const phase = mode === 'auto' ? 'closed' : (`forced-${mode}` as const)
    if (phase !== this.phase) this.enter(phase)
  }

  enter(phase: BreakerPhase): void {
    this.phase = phase
    this.epoch++
    this.probes = 0
    this.good = 0
    if (phase !== 'closed' && phase !== 'forced-closed') return
    this.calls = []
    this.inRow = 0
    this.failedPhases = 0
  }
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
    jitter: fc.constant(0),
    halfOpenRequests: fc.integer({ min: 1, max: 4 }),
    halfOpenSuccesses: fc.integer({ min: 1, max: 5 })
  })
  .map((rule): BreakerRule => rule)

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.constant({ do: 'acquire' } as const) },
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
      arbitrary: fc.record({ do: fc.constant('force' as const), mode: fc.constantFrom('open' as const, 'closed' as const, 'auto' as const) })
    }
  ),
  { minLength: 5, maxLength: 120, size: 'max' }
)

t.test('any sequence of permits, results, waits and forced phases gives the phases of the model', (t) => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(rules, steps, (rule, sequence) => {
      const transitions: BreakerTransition[] = []
      const breaker = createBreaker(
        rule,
        () => 0.5,
        (transition) => transitions.push(transition)
      )
      const model = new NaiveBreaker(rule)
      const permits: { permit: Permit; epoch: number }[] = []
      let now = START
      for (const step of sequence) {
        if (step.do === 'wait') now += step.ms
        else if (step.do === 'force') {
          breaker.force(step.mode, now)
          model.force(step.mode)
        } else if (step.do === 'acquire') {
          const permit = breaker.tryAcquire(now)
          const epoch = model.acquire(now)
          if ((permit === null) !== (epoch === null)) return false
          if (permit !== null && epoch !== null) permits.push({ permit, epoch })
        } else if (permits.length > 0) {
          const [held] = permits.splice(step.which % permits.length, 1)
          held?.permit.settle(step.result, now, step.tookMs)
          // A second word about the same attempt changes nothing.
          held?.permit.settle('failure', now, 0)
          model.settle(held?.epoch ?? -1, step.result, now, step.tookMs)
        }
        const phase = model.phase === 'open' && now >= model.untilMs ? 'half-open' : model.phase
        if (breaker.phase(now) !== phase) return false
        seen.add(phase)
      }
      for (const { from, to } of transitions) seen.add(`${from} to ${to}`)
      return transitions.every((transition, index) => index === 0 || transition.from === transitions[index - 1]?.to)
    }),
    { numRuns: 4000 }
  )
  for (const phase of [
    'closed',
    'open',
    'half-open',
    'forced-open',
    'forced-closed',
    'half-open to open',
    'half-open to closed',
    'open to half-open'
  ]) {
    t.ok(seen.has(phase), `the sequences went through: ${phase}`)
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
  jitter: 0.1,
  halfOpenRequests: 3,
  halfOpenSuccesses: 3
}

function tripped(rule: BreakerRule, random = 0.5) {
  const transitions: BreakerTransition[] = []
  const breaker = createBreaker(
    rule,
    () => random,
    (transition) => transitions.push(transition)
  )
  for (let i = 0; i < 4; i++) breaker.tryAcquire(START)?.settle('failure', START, 1)
  return { breaker, transitions }
}

t.test('the open time doubles with each failed half-open phase up to its limit, and jitter adds at most its share', (t) => {
  for (const random of [0, 0.999_999]) {
    const { breaker, transitions } = tripped(RULE, random)
    let now = START
    for (let phase = 0; phase < 5; phase++) {
      now += breaker.retryAfterMs(now)
      breaker.tryAcquire(now)?.settle('failure', now, 1)
    }
    const opened = transitions.flatMap(({ openMs }) => (openMs === null ? [] : [openMs]))
    for (const [index, base] of [1000, 2000, 4000, 6000, 6000, 6000].entries()) {
      t.ok(Math.abs((opened[index] ?? 0) - base * (1 + 0.1 * random)) < 1, `${opened[index]} ms`)
    }
  }
  t.end()
})

t.test('Retry-After is true: not a millisecond earlier, and then a permit', (t) => {
  const { breaker } = tripped(RULE)
  const left = breaker.retryAfterMs(START + 10)
  t.equal(left, 1040)
  t.equal(breaker.tryAcquire(START + 10 + left - 1), null)
  t.ok(breaker.tryAcquire(START + 10 + left))
  t.end()
})

t.test('exactly k of 1,000 get through half-open, and one that is given back makes room for another', (t) => {
  const { breaker } = tripped(RULE)
  const later = START + 2000
  const permits = Array.from({ length: 1000 }, () => breaker.tryAcquire(later)).filter((permit) => permit !== null)
  t.equal(permits.length, 3)
  permits[0]?.settle('ignored', later, 1)
  t.ok(breaker.tryAcquire(later))
  t.equal(breaker.tryAcquire(later), null)
  t.end()
})

t.test('answers to requests from before it opened change nothing', (t) => {
  const breaker = createBreaker(
    RULE,
    () => 0,
    () => {}
  )
  const early = Array.from({ length: 8 }, () => breaker.tryAcquire(START))
  for (const permit of early.slice(0, 4)) permit?.settle('failure', START, 1)
  t.equal(breaker.phase(START), 'open')
  const probe = breaker.tryAcquire(START + 1000)
  for (const permit of early.slice(4)) permit?.settle('success', START + 1000, 1)
  t.equal(breaker.phase(START + 1000), 'half-open')
  probe?.settle('failure', START + 1000, 1)
  t.equal(breaker.phase(START + 1000), 'open')
  t.end()
})

t.test('another rule keeps phase and counts; another window starts counting anew', (t) => {
  const breaker = createBreaker(
    RULE,
    () => 0,
    () => {}
  )
  for (let i = 0; i < 3; i++) breaker.tryAcquire(START)?.settle('failure', START, 1)
  breaker.configure({ ...RULE, minimumRequests: 100 })
  t.equal(breaker.snapshot(START).requests, 3)
  breaker.configure(RULE)
  breaker.tryAcquire(START)?.settle('failure', START, 1)
  t.equal(breaker.phase(START), 'open')
  const other = createBreaker(
    RULE,
    () => 0,
    () => {}
  )
  for (let i = 0; i < 3; i++) other.tryAcquire(START)?.settle('failure', START, 1)
  other.configure({ ...RULE, windowMs: 5000 })
  t.equal(other.snapshot(START).requests, 0)
  t.end()
})
