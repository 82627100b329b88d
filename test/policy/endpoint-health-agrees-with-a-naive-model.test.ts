import t from 'tap'
import { createEndpointSet } from '../../src/policy/health/endpoint-set.ts'
import type { Availability, CheckStatus, EndpointSetRule, HealthEvent, OutlierRule } from '../../src/policy/health/types.ts'
import fc from '../support/property.ts'
import { candidate } from './candidates.ts'

const START = 9_007_199_254_741

const OUTLIER: OutlierRule = {
  consecutiveFailures: 3,
  failureRatio: null,
  minimumRequests: 4,
  windowMs: 1000,
  ejectMs: 1000,
  maxEjectMs: 2500,
  maxEjectedRatio: 0.5
}

function setOf(count: number, rule: Partial<EndpointSetRule> = {}, random: () => number = () => 0.5) {
  const members = Array.from({ length: count }, (_, index) => candidate(`e${index}`))
  const events: HealthEvent[] = []
  const set = createEndpointSet(members, { outlier: OUTLIER, panicThreshold: 0, zone: null, ...rule }, random, START, (event) => events.push(event))
  const keys = (now: number): readonly string[] => set.usable(now).map(({ key }) => key)
  const fail = (key: string, times: number, now = START): void => {
    for (let i = 0; i < times; i++) set.settle(key, 'failure', now)
  }
  return { set, events, keys, fail, members }
}

interface Naive {
  check: CheckStatus
  out: 'in' | 'ejected' | 'probing'
  untilMs: number
  probeRuns: boolean
  ejections: number
  sinceMs: number
  results: { at: number; failed: boolean }[]
}

/** The rules of outlier detection said again over lists of all results. */
class Model {
  readonly all = new Map<string, Naive>()
  readonly rule: OutlierRule

  constructor(keys: readonly string[], rule: OutlierRule) {
    this.rule = rule
    for (const key of keys) {
      this.all.set(key, { check: 'unchecked', out: 'in', untilMs: 0, probeRuns: false, ejections: 0, sinceMs: START, results: [] })
    }
  }

  at(key: string): Naive {
    return this.all.get(key) as Naive
  }

  tick(now: number): void {
    for (const one of this.all.values()) if (one.out === 'ejected' && now >= one.untilMs) one.out = 'probing'
  }

  availability(key: string): Availability {
    const { check, out } = this.at(key)
    return check === 'unknown' || check === 'unhealthy' ? check : out === 'in' ? 'available' : out
  }

  settle(key: string, result: 'success' | 'failure' | 'ignored', now: number): void {
    const one = this.at(key)
    if (one.out === 'ejected') return
    if (one.out === 'probing') {
      if (result === 'ignored') one.probeRuns = false
      else if (result === 'failure') this.eject(one, now, true)
      else Object.assign(one, { out: 'in', probeRuns: false, sinceMs: now, results: [] })
      return
    }
    if (result === 'ignored') return
    one.results.push({ at: now, failed: result === 'failure' })
    if (result === 'failure' && this.deserves(one, now) && this.mayLose(one)) this.eject(one, now, false)
  }

  deserves({ results }: Naive, now: number): boolean {
    const { consecutiveFailures, failureRatio, minimumRequests, windowMs } = this.rule
    const inRow = results.length - 1 - results.findLastIndex(({ failed }) => !failed)
    if (consecutiveFailures !== null && inRow >= consecutiveFailures) return true
    const bucket = (at: number): number => Math.floor(at / (windowMs / 10))
    const seen = results.filter(({ at }) => bucket(at) > bucket(now) - 10)
    if (failureRatio === null || seen.length < minimumRequests) return false
    return seen.filter(({ failed }) => failed).length / seen.length >= failureRatio
  }

  mayLose(one: Naive): boolean {
    const others = [...this.all.values()].filter((other) => other !== one)
    const left = others.some(({ out, check }) => out === 'in' && check !== 'unknown' && check !== 'unhealthy')
    const out = others.filter((other) => other.out !== 'in').length
    return left && out + 1 <= Math.max(1, Math.floor(this.rule.maxEjectedRatio * this.all.size))
  }

  eject(one: Naive, now: number, isProbe: boolean): void {
    if (!isProbe) one.ejections = Math.max(0, one.ejections - Math.floor((now - one.sinceMs) / this.rule.ejectMs))
    one.ejections++
    Object.assign(one, {
      out: 'ejected',
      probeRuns: false,
      results: [],
      untilMs: now + Math.min(this.rule.maxEjectMs, one.ejections * this.rule.ejectMs)
    })
  }
}

const actions = fc.array(
  fc.oneof(
    {
      weight: 10,
      arbitrary: fc.record({
        do: fc.constant('settle' as const),
        who: fc.nat(4),
        result: fc.constantFrom('failure' as const, 'failure' as const, 'failure' as const, 'success' as const, 'ignored' as const)
      })
    },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 60, 100, 333, 1000, 2400) }) },
    { weight: 2, arbitrary: fc.constant({ do: 'probe' } as const) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('check' as const),
        who: fc.nat(4),
        status: fc.constantFrom('healthy' as const, 'unhealthy' as const, 'unknown' as const)
      })
    }
  ),
  { maxLength: 100, size: 'max' }
)

const outliers = fc
  .record({
    consecutiveFailures: fc.option(fc.integer({ min: 1, max: 4 })),
    failureRatio: fc.option(fc.constantFrom(0.3, 0.5, 1)),
    minimumRequests: fc.integer({ min: 1, max: 5 }),
    windowMs: fc.constantFrom(100, 1000),
    ejectMs: fc.constantFrom(100, 1000),
    maxEjectMs: fc.constantFrom(1000, 2500),
    maxEjectedRatio: fc.constantFrom(0.1, 0.5, 1)
  })
  .map((rule): OutlierRule => rule)

t.test('any sequence of results, checks, probes and waits gives the availability of the model, never too many out, never the last', (t) => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), outliers, actions, (count, outlier, sequence) => {
      const { set, keys, members } = setOf(count, { outlier })
      const model = new Model(
        members.map(({ key }) => key),
        outlier
      )
      let now = START
      for (const action of sequence) {
        const key = members['who' in action ? action.who % count : 0]?.key ?? ''
        if (action.do === 'wait') now += action.ms
        model.tick(now)
        // What ends with time is seen at the next question; a result that comes before any is still one of a member that is out.
        set.usable(now)
        if (action.do === 'settle') {
          set.settle(key, action.result, now)
          model.settle(key, action.result, now)
        } else if (action.do === 'check') {
          set.check(key, action.status, now, 'because')
          model.at(key).check = action.status
        } else if (action.do === 'probe') {
          const probe = set.takeProbe(now)
          const waiting = members.find((member) => model.availability(member.key) === 'probing' && !model.at(member.key).probeRuns)
          if ((probe?.key ?? null) !== (waiting?.key ?? null)) return false
          if (waiting !== undefined) model.at(waiting.key).probeRuns = true
        }
        const states = members.map((member) => model.availability(member.key))
        if (members.some((member, index) => set.availability(member.key, now) !== states[index])) return false
        for (const state of states) seen.add(state)
        const out = [...model.all.values()].filter((one) => one.out !== 'in').length
        if (out > Math.max(1, Math.floor(outlier.maxEjectedRatio * count))) return false
        // Unless active checks say otherwise of every one, there is always somebody to send to.
        if (states.some((state) => state !== 'unknown' && state !== 'unhealthy') && keys(now).length === 0) return false
      }
      return true
    }),
    { numRuns: 3000 }
  )
  t.strictSame([...seen].sort(), ['available', 'ejected', 'probing', 'unhealthy', 'unknown'])
  t.end()
})

t.test('each ejection in a row is longer, up to the limit, and good time makes the next one shorter again', (t) => {
  const { set, events, fail } = setOf(3)
  fail('e0', 3)
  for (let i = 0; i < 3; i++) {
    const due = set.ejectedUntil('e0')
    set.takeProbe(due)
    set.settle('e0', 'failure', due)
  }
  const lengths = (): number[] => events.flatMap((event) => (event.kind === 'ejected' ? [event.forMs] : []))
  t.strictSame(lengths(), [1000, 2000, 2500, 2500])
  const now = set.ejectedUntil('e0')
  set.takeProbe(now)
  set.settle('e0', 'success', now)
  fail('e0', 3, now + 4000)
  t.equal(lengths().at(-1), 1000, 'four good seconds took four ejections off')
  t.end()
})

t.test('one probe at a time, and a request that cannot be repeated waits whether another takes it', (t) => {
  const { set, keys, fail } = setOf(2)
  fail('e1', 3)
  t.strictSame(keys(START), ['e0'])
  t.equal(set.takeProbe(START + 999), null)
  t.equal(set.takeProbe(START + 1000, 1000), null, 'it has not waited for a second yet')
  t.equal(set.takeProbe(START + 1000)?.key, 'e1')
  t.equal(set.takeProbe(START + 1000), null)
  set.settle('e1', 'ignored', START + 1100)
  t.equal(set.takeProbe(START + 2000, 1000)?.key, 'e1')
  t.strictSame(keys(START + 2000), ['e0'], 'nothing else goes there yet')
  set.settle('e1', 'success', START + 2001)
  t.strictSame(keys(START + 2001), ['e0', 'e1'])
  t.end()
})

t.test('below the panic threshold all that were checked are used, and it is told once when that begins and ends', (t) => {
  const { set, keys, events } = setOf(4, { outlier: null, panicThreshold: 0.5 })
  for (const key of ['e0', 'e1']) set.check(key, 'unhealthy', START, 'status 500')
  t.strictSame(keys(START), ['e2', 'e3'], 'half is not below half')
  set.check('e2', 'unhealthy', START, 'status 500')
  t.strictSame(keys(START), ['e0', 'e1', 'e2', 'e3'])
  set.check('e3', 'unknown', START, '')
  t.strictSame(keys(START), ['e0', 'e1', 'e2'])
  for (const key of ['e0', 'e1', 'e2']) set.check(key, 'healthy', START, '')
  t.strictSame(keys(START), ['e0', 'e1', 'e2'])
  t.strictSame(
    events.filter(({ kind }) => kind === 'panic'),
    [
      { kind: 'panic', on: true },
      { kind: 'panic', on: false }
    ]
  )
  const strict = setOf(2, { outlier: null, panicThreshold: 0 })
  for (const key of ['e0', 'e1']) strict.set.check(key, 'unhealthy', START, '')
  t.strictSame(strict.keys(START), [], 'never panic: rather nobody')
  t.end()
})

t.test('the local zone takes all of the load while 1/1.4 of it can be used, then its share, the rest spills over', (t) => {
  const members = Array.from({ length: 12 }, (_, index) => ({ ...candidate(`e${index}`), zone: index < 10 ? 'here' : 'there' }))
  let draw = 0
  const set = createEndpointSet(
    members,
    { outlier: null, panicThreshold: 0, zone: 'here' },
    () => draw,
    START,
    () => {}
  )
  const share = (): number => {
    let local = 0
    for (draw = 0.0005; draw < 1; draw += 0.001) if (set.usable(START).every(({ zone }) => zone === 'here')) local++
    return local / 1000
  }
  t.equal(share(), 1)
  for (let down = 1; down <= 10; down++) {
    set.check(`e${down - 1}`, 'unhealthy', START, '')
    const expected = down === 10 ? 0 : Math.min(1, (1.4 * (10 - down)) / 10)
    t.ok(Math.abs(share() - expected) < 0.002, `${10 - down} of 10 left: ${share()} of the load stays, ${expected} is right`)
  }
  t.end()
})

t.test('another list keeps what is known of those that stay and forgets those that went', (t) => {
  const { set, keys, fail, members } = setOf(3)
  fail('e0', 3)
  set.check('e1', 'unhealthy', START, '')
  const rule = { outlier: OUTLIER, panicThreshold: 0, zone: null }
  set.replace([...members, candidate('e3')], rule, START)
  t.strictSame(keys(START), ['e2', 'e3'])
  set.replace(members.slice(1), rule, START)
  set.replace(members, rule, START)
  t.strictSame(keys(START), ['e0', 'e2'], 'e0 came back as a newcomer')
  t.equal(set.usable(START), set.usable(START), 'the same list until something changes')
  t.end()
})
