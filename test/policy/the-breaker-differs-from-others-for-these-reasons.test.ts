import { mock } from 'node:test'
import { circuitBreaker, ConsecutiveBreaker, handleAll, SamplingBreaker } from 'cockatiel'
import Opossum from 'opossum'
import t from 'tap'
import { createBreaker } from '../../src/policy/breaker/breaker.ts'
import type { BreakerRule } from '../../src/policy/breaker/types.ts'
import { dice } from '../support/random.ts'

// A model of a breaker with one probe and a constant open time, and what other breakers do differently as traits of it. A library agrees with
// the model that has its traits in every call of every random sequence, so nothing about it is left unexplained; and without any one
// of them it does not, so each of them is a difference.

const TRAITS = {
  strictlyAbove: 'opens above the ratio, ours from the ratio on',
  onlyOnFailure: 'looks at the ratio after failures only; ours also when a success completes the minimum volume',
  countsRefused: 'counts calls that it refused as calls, so the ratio sinks while it is open',
  keepsCounts: 'keeps its counts when it closes, so one more failure may open it again; ours starts anew',
  agesPerCall: 'moves on by one bucket with a call, so after a silence the old buckets are all still there; ours age by time',
  countsLastProbe: 'counts the probe that closed it in the new window'
} as const

type Trait = keyof typeof TRAITS

const START = 1_900_000_000_000
const WINDOW_MS = 10_000
const BUCKET_MS = 1000
const OPEN_MS = 1500
const MINIMUM = 4
const RATIO = 0.5

interface Call {
  readonly waitMs: number
  readonly ok: boolean
}

interface Counts {
  bucket: number
  calls: number
  failures: number
}

class Model {
  readonly #traits: ReadonlySet<Trait>
  #counts: Counts[] = []
  #openedAt: number | null = null

  constructor(traits: readonly Trait[]) {
    this.#traits = new Set(traits)
  }

  /** Whether the call is permitted. */
  call(now: number, ok: boolean): boolean {
    const probes = this.#openedAt !== null
    if (this.#openedAt !== null && now - this.#openedAt < OPEN_MS) {
      if (this.#traits.has('countsRefused')) this.#count(now, false)
      return false
    }
    if (probes && !this.#traits.has('keepsCounts')) {
      if (ok) {
        this.#counts = []
        if (this.#traits.has('countsLastProbe')) this.#count(now, false)
      }
      this.#openedAt = ok ? null : now
      return true
    }
    this.#count(now, !ok)
    if (probes) this.#openedAt = ok ? null : now
    else if (this.#trips(now, ok)) this.#openedAt = now
    return true
  }

  #trips(now: number, ok: boolean): boolean {
    if (ok && this.#traits.has('onlyOnFailure')) return false
    const seen = this.#seen(now)
    const calls = seen.reduce((sum, one) => sum + one.calls, 0)
    const failures = seen.reduce((sum, one) => sum + one.failures, 0)
    if (calls < MINIMUM) return false
    return this.#traits.has('strictlyAbove') ? failures > RATIO * calls : failures >= RATIO * calls
  }

  #seen(now: number): readonly Counts[] {
    if (this.#traits.has('agesPerCall')) return this.#counts.slice(-10)
    return this.#counts.filter(({ bucket }) => bucket > Math.floor(now / BUCKET_MS) - 10)
  }

  #count(now: number, failed: boolean): void {
    const latest = this.#counts.at(-1)
    const perCall = this.#traits.has('agesPerCall')
    // Where buckets age by call one begins with its first call; where they age by time they lie side by side.
    const isNew = latest === undefined || (perCall ? now - latest.bucket >= BUCKET_MS : Math.floor(now / BUCKET_MS) !== latest.bucket)
    if (isNew) this.#counts.push({ bucket: perCall ? now : Math.floor(now / BUCKET_MS), calls: 1, failures: failed ? 1 : 0 })
    else {
      latest.calls++
      if (failed) latest.failures++
    }
  }
}

type Subject = (now: number, ok: boolean) => boolean | Promise<boolean>

const RULE: BreakerRule = {
  windowMs: WINDOW_MS,
  minimumRequests: MINIMUM,
  failureRatio: RATIO,
  slowCallMs: null,
  slowCallRatio: 1,
  consecutiveFailures: null,
  openMs: OPEN_MS,
  maxOpenMs: OPEN_MS,
  jitter: 0,
  halfOpenRequests: 1,
  halfOpenSuccesses: 1
}

function ours(rule: BreakerRule): Subject {
  const breaker = createBreaker(
    rule,
    () => 0,
    () => {}
  )
  return (now, ok) => {
    const permit = breaker.tryAcquire(now)
    permit?.settle(ok ? 'success' : 'failure', now, 1)
    return permit !== null
  }
}

function theirOpossum(): Subject {
  let called = false
  const action = async (ok: boolean): Promise<void> => {
    called = true
    if (!ok) throw new Error('failed')
  }
  const breaker = new Opossum(action, {
    timeout: false,
    errorThresholdPercentage: RATIO * 100,
    volumeThreshold: MINIMUM,
    rollingCountTimeout: WINDOW_MS,
    rollingCountBuckets: 10,
    rollingPercentilesEnabled: false,
    enableSnapshots: false,
    resetTimeout: OPEN_MS
  })
  return async (_now, ok) => {
    called = false
    await breaker.fire(ok).catch(() => {})
    return called
  }
}

function theirCockatiel(breaker: SamplingBreaker | ConsecutiveBreaker): Subject {
  const policy = circuitBreaker(handleAll, { halfOpenAfter: OPEN_MS, breaker })
  return async (_now, ok) => {
    let called = false
    await policy
      .execute(() => {
        called = true
        if (!ok) throw new Error('failed')
      })
      .catch(() => {})
    return called
  }
}

const luck = dice()

/** Phases of luck and of trouble, with silences in between. */
function sequence(): Call[] {
  const calls: Call[] = []
  while (calls.length < 60) {
    const chance = luck.pick([0.05, 0.3, 0.5, 0.7, 0.95])
    for (let i = luck.int(2, 12); i > 0; i--) calls.push({ waitMs: luck.pick([0, 1, 90, 400, 1000, OPEN_MS - 1, OPEN_MS]), ok: luck.chance(chance) })
    calls.push({ waitMs: luck.pick([0, 5000, 9500, 12_000, 30_000]), ok: luck.chance(chance) })
  }
  return calls
}

const sequences = Array.from({ length: process.env['FUZZ'] === undefined ? 100 : 1000 }, sequence)

/** What the subject permits, call by call, while Date and timers stand at the call's time. */
async function play(calls: readonly Call[], create: () => Subject): Promise<string> {
  mock.timers.enable({ apis: ['Date', 'setTimeout', 'setInterval'], now: START })
  try {
    const subject = create()
    let now = START
    let permitted = ''
    for (const { waitMs, ok } of calls) {
      mock.timers.tick(waitMs)
      now += waitMs
      permitted += (await subject(now, ok)) ? '+' : '-'
    }
    return permitted
  } finally {
    mock.timers.reset()
  }
}

const modelled = (traits: readonly Trait[]) => (): Subject => {
  const model = new Model(traits)
  return (now, ok) => model.call(now, ok)
}

async function disagreements(create: () => Subject, traits: readonly Trait[]): Promise<number> {
  let count = 0
  for (const calls of sequences) if ((await play(calls, create)) !== (await play(calls, modelled(traits)))) count++
  return count
}

const subjects: readonly { readonly name: string; readonly create: () => Subject; readonly traits: readonly Trait[] }[] = [
  { name: 'ours', create: () => ours(RULE), traits: [] },
  { name: 'opossum', create: theirOpossum, traits: ['strictlyAbove', 'onlyOnFailure', 'countsRefused', 'keepsCounts'] },
  {
    name: "cockatiel's SamplingBreaker",
    create: () => theirCockatiel(new SamplingBreaker({ threshold: RATIO, duration: WINDOW_MS, minimumRps: (MINIMUM * 1000) / WINDOW_MS })),
    traits: ['strictlyAbove', 'onlyOnFailure', 'agesPerCall', 'countsLastProbe']
  }
]

for (const { name, create, traits } of subjects) {
  t.test(
    `${name} ${traits.length === 0 ? 'agrees with the model' : `differs by these and nothing else: ${traits.map((trait) => TRAITS[trait]).join('; ')}`}`,
    async (t) => {
      t.equal(await disagreements(create, traits), 0, `seed ${luck.seed}`)
      for (const trait of traits) {
        const without = traits.filter((other) => other !== trait)
        t.ok((await disagreements(create, without)) > 0, `it would not agree if it were not so that it ${TRAITS[trait]}`)
      }
    }
  )
}

t.test("consecutive failures: ours and cockatiel's ConsecutiveBreaker never differ", async (t) => {
  const rule = { ...RULE, failureRatio: null, consecutiveFailures: 3 }
  for (const calls of sequences) {
    t.equal(await play(calls, () => ours(rule)), await play(calls, () => theirCockatiel(new ConsecutiveBreaker(3))), `seed ${luck.seed}`)
  }
})
