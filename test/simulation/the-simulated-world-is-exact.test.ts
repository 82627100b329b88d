import t from 'tap'
import { DEFAULT_BEHAVIOUR, drawLatency, type Behaviour } from '../../src/simulation/behaviour.ts'
import { isPattern, patternBytes } from '../../src/simulation/byte-pattern.ts'
import { Invariants } from '../../src/simulation/invariants.ts'
import { drawExponential, drawNormal, SeededRandom } from '../../src/simulation/random.ts'
import { ScriptedEndpoint } from '../../src/simulation/scripted-endpoint.ts'
import { percentile } from '../../src/simulation/statistics.ts'
import { CountedClock, VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { WatchedBudget } from '../../src/simulation/watched-policies.ts'
import { World } from '../../src/simulation/world.ts'
import type { AttemptControl, AttemptSink } from '../../src/proxy/ports.ts'
import fc from '../support/property.ts'
import { scenarioOf } from './random-scenario.ts'

/** One endpoint and what it reports, with the time since the start. */
class Bench {
  readonly clock = new VirtualClock()
  readonly told: string[] = []
  readonly endpoint: ScriptedEndpoint

  constructor(behaviour: Partial<Behaviour>) {
    const observer = { onBegin: () => 0, onOver() {}, isBodySent: () => true, onBodyMoved() {}, onDefect: (text: string) => this.told.push(text) }
    const services = { clock: this.clock, random: new SeededRandom(1), defer: this.clock.defer, observer }
    this.endpoint = new ScriptedEndpoint('a.internal', { ...DEFAULT_BEHAVIOUR, ...behaviour }, services)
  }

  send(): { control: AttemptControl | null } {
    const sent: { control: AttemptControl | null } = { control: null }
    const tell = (text: string): void => {
      this.told.push(`${this.clock.now() - this.clock.startMs} ${text}`)
    }
    const sink: AttemptSink = {
      onStart(control) {
        sent.control = control
        tell('start')
      },
      onInformation: () => tell('information'),
      onHead: (status) => tell(`head ${status}`),
      onData: (piece) => tell(`data ${piece.length}`),
      onEnd: () => tell('end'),
      onFailure: ({ kind, staleConnection }) => tell(`${kind}${staleConnection === true ? ' (stale)' : ''}`),
      onUpgrade: () => tell('upgrade')
    }
    const request = { method: 'GET', target: '/', headers: [], body: null, upgrade: null }
    this.endpoint.connect({ connectMs: 100, responseMs: 1000 }).send(request, sink)
    return sent
  }
}

t.test('events run by time, then in the order in which they were set', (t) => {
  fc.assert(
    fc.property(fc.array(fc.record({ ms: fc.integer({ min: 0, max: 20 }), isCancelled: fc.boolean() }), { maxLength: 60 }), (timers) => {
      const clock = new VirtualClock()
      const start = clock.now()
      const ran: string[] = []
      const cancels = timers.map(({ ms }, index) =>
        clock.after(ms, () => {
          if (clock.now() !== start + ms) ran.push('late')
          ran.push(`${ms}/${index}`)
        })
      )
      for (const [index, { isCancelled }] of timers.entries()) if (isCancelled) cancels[index]?.()
      const expected = timers
        .map(({ ms, isCancelled }, index) => ({ ms, index, isCancelled }))
        .filter(({ isCancelled }) => !isCancelled)
        .sort((a, b) => a.ms - b.ms || a.index - b.index)
      const early = expected.filter(({ ms }) => ms <= 10)
      const text = (list: typeof expected): string[] => list.map(({ ms, index }) => `${ms}/${index}`)
      clock.runUntil(start + 10)
      const untilTen = [...ran]
      const isQuiet = clock.runAll(1000)
      return isQuiet && clock.pending === 0 && same(untilTen, text(early)) && same(ran, text(expected))
    })
  )
  t.end()
})

t.test('what is deferred runs right after its event, before another at the same time', (t) => {
  const clock = new VirtualClock()
  const ran: string[] = []
  const note = (text: string): void => {
    ran.push(text)
  }
  clock.after(5, () => {
    clock.defer((text: string) => {
      note(text)
      clock.defer(note, 'deferred twice')
    }, 'deferred')
    clock.after(0, () => note('timer'))
    note('first')
  })
  clock.after(5, () => note('second'))
  clock.runAll(10)
  t.same(ran, ['first', 'deferred', 'deferred twice', 'second', 'timer'])

  const endless = (): void => {
    clock.after(1, endless)
  }
  endless()
  t.equal(clock.runAll(100), false, 'a run that does not end is noticed')
  t.end()
})

t.test('a party of a clock knows how many of its timers are left', (t) => {
  const clock = new VirtualClock()
  const mine = new CountedClock(clock)
  clock.after(1, () => {})
  const cancel = mine.after(1, () => {})
  mine.after(2, () => {})
  t.equal(mine.pending, 2)
  cancel()
  cancel()
  t.equal(mine.pending, 1)
  clock.runAll(10)
  t.equal(mine.pending, 0)
  t.end()
})

t.test('numbers depend on the seed alone and are spread as they should be', (t) => {
  const draw = (random: SeededRandom, count: number): number[] => Array.from({ length: count }, () => random.next())
  t.same(draw(new SeededRandom(7), 5), draw(new SeededRandom(7), 5))
  t.notSame(draw(new SeededRandom(7), 5), draw(new SeededRandom(8), 5))
  t.notSame(draw(new SeededRandom(7).fork('a'), 5), draw(new SeededRandom(7).fork('b'), 5))
  t.match(new SeededRandom(1).id(), /^[0-9a-f]{32}$/)

  const random = new SeededRandom(3)
  const values = draw(random, 20_000)
  t.ok(values.every((value) => value >= 0 && value < 1))
  for (let tenth = 0; tenth < 10; tenth++)
    t.ok(within(values.filter((value) => Math.floor(value * 10) === tenth).length, 2000, 200), `tenth ${tenth}`)
  const normal = Array.from({ length: 20_000 }, () => drawNormal(random))
  t.ok(within(mean(normal), 0, 0.03), 'mean of the normal')
  t.ok(within(mean(normal.map((value) => value * value)), 1, 0.05), 'variance of the normal')
  t.ok(within(mean(Array.from({ length: 20_000 }, () => drawExponential(random, 50))), 50, 1.5), 'mean of the exponential')

  const tail = Array.from({ length: 20_000 }, () => drawLatency({ kind: 'long-tail', medianMs: 20, p99Ms: 300 }, random)).sort((a, b) => a - b)
  t.ok(within(percentile(tail, 50) ?? 0, 20, 1), 'median')
  t.ok(within(percentile(tail, 99) ?? 0, 300, 40), 'p99')
  t.ok(Array.from({ length: 1000 }, () => drawLatency({ kind: 'uniform', minMs: 5, maxMs: 9 }, random)).every((ms) => ms >= 5 && ms <= 9))
  t.end()
})

t.test('a percentile is the nearest rank', (t) => {
  t.equal(percentile([], 50), null)
  t.same(
    [1, 25, 26, 50, 99, 100].map((percent) => percentile([1, 2, 3, 4], percent)),
    [1, 1, 2, 2, 4, 4]
  )
  t.end()
})

t.test('a scripted endpoint does what its behaviour says', async (t) => {
  const cases: readonly { readonly says: string; readonly behaviour: Partial<Behaviour>; readonly told: readonly string[] }[] = [
    { says: 'answers', behaviour: {}, told: ['0 start', '5 head 200', '5 data 1024', '5 end'] },
    {
      says: 'answers in pieces',
      behaviour: { bodyPieces: 2, bodyPauseMs: 3, bodyBytes: 5 },
      told: ['0 start', '5 head 200', '5 data 2', '8 data 3', '8 end']
    },
    { says: 'answers with an error', behaviour: { errorRate: 1, errorStatus: 503, bodyBytes: 0 }, told: ['0 start', '5 head 503', '5 end'] },
    { says: 'refuses', behaviour: { connect: 'refuse', connectTimeMs: 2 }, told: ['2 connect-failure'] },
    { says: 'does not accept', behaviour: { connect: 'timeout' }, told: ['100 connect-timeout'] },
    { says: 'accepts too late', behaviour: { connectTimeMs: 101 }, told: ['100 connect-timeout'] },
    { says: 'hangs', behaviour: { hang: true, connectTimeMs: 1 }, told: ['1 start', '1001 response-timeout'] },
    { says: 'is too slow', behaviour: { latency: { kind: 'fixed', ms: 2000 } }, told: ['0 start', '1000 response-timeout'] },
    { says: 'resets', behaviour: { resetRate: 1 }, told: ['0 start', '5 reset'] },
    { says: 'had closed', behaviour: { staleRate: 1 }, told: ['0 start', '0 reset (stale)'] },
    { says: 'breaks off', behaviour: { truncateRate: 1, bodyPauseMs: 1 }, told: ['0 start', '5 head 200', '5 data 512', '6 reset'] }
  ]
  for (const { says, behaviour, told } of cases) {
    const bench = new Bench(behaviour)
    bench.send()
    bench.clock.runAll(100)
    t.same(bench.told, told, says)
    t.equal(bench.endpoint.running, 0, `${says}, and is done`)
  }

  await t.test('works on as many requests as it can, in order, and passes over those that were given up', (t) => {
    const bench = new Bench({ capacity: 1, bodyBytes: 0 })
    bench.send()
    const second = bench.send()
    bench.send()
    bench.clock.runUntil(bench.clock.startMs + 1)
    t.equal(bench.endpoint.queued, 2)
    second.control?.abort()
    bench.clock.runAll(100)
    t.same(bench.told, ['0 start', '0 start', '0 start', '5 head 200', '5 end', '10 head 200', '10 end'])
    t.end()
  })

  await t.test('waits while it is paused', (t) => {
    const bench = new Bench({ bodyPieces: 2, bodyBytes: 2, bodyPauseMs: 1 })
    const one = bench.send()
    bench.clock.runUntil(bench.clock.startMs + 5)
    one.control?.pause()
    bench.clock.runUntil(bench.clock.startMs + 50)
    one.control?.resume()
    bench.clock.runAll(100)
    t.same(bench.told, ['0 start', '5 head 200', '5 data 1', '50 data 1', '50 end'])
    t.end()
  })
  t.end()
})

t.test('a body that is not its own is noticed', (t) => {
  const body = patternBytes(0, 600, 3)
  t.ok(isPattern(body, 0, 3))
  t.ok(isPattern(body.subarray(300), 300, 3))
  t.notOk(isPattern(body, 0, 4), 'of another message')
  t.notOk(isPattern(body.subarray(256), 0, 3), 'a piece is missing')
  t.end()
})

t.test('a broken promise is noticed', (t) => {
  const budget = new WatchedBudget('all', { request() {}, tryTake: () => true, configure() {} })
  budget.configure({ ratio: 0.5, minPerSecond: 0, windowMs: 1000 })
  for (let i = 0; i < 4; i++) budget.request(5000)
  for (let i = 0; i < 3; i++) budget.tryTake(5000)
  t.equal(budget.excess, 1, 'one retry more than half of four requests')
  for (let i = 0; i < 2; i++) budget.tryTake(5850)
  t.equal(budget.excess, 3, 'the first three still count')

  const world = new World(
    scenarioOf(
      `{ name: n, upstreams: { shop: { endpoints: [http://a.internal, http://b.internal], circuitBreaker: {}, bulkhead: { maxConcurrent: 1 }, outlierDetection: {} } }, load: { upstream: shop, rate: 1, duration: 1s } }`
    ),
    1
  )
  const invariants = new Invariants(world)
  const shop = world.upstreams.get('shop')
  const defects = (): readonly string[] => world.record.defects.map((defect) => defect.split(':')[0] as string)
  invariants.checkNow(0)
  t.same(defects(), [], 'nothing is wrong with a world at rest')
  shop?.breaker?.tryAcquire(world.clock.now())
  shop?.bulkhead?.places.tryEnter()
  for (const member of shop?.endpoints.members ?? []) {
    member.inFlight++
    world.record.health.push({
      upstream: 'shop',
      atMs: 0,
      event: { kind: 'ejected', key: member.key, reason: 'probe-failed', forMs: 1, ejections: 1 }
    })
  }
  world.gatewayClock.after(1, () => {})
  world.record.marks.push({ kind: 'retry', upstream: 'shop', reason: 'reset', atMs: 0 })
  invariants.checkNow(0)
  invariants.checkEnd(1, false)
  t.same(defects().toSorted(), [
    'a bulkhead was not left',
    'a timer outlives all requests',
    'an endpoint has requests in flight that are over',
    'permits were not given back',
    'requests never ended',
    'retries went around the budget',
    'the run does not come to rest',
    'too many endpoints were ejected'
  ])
  t.end()
})

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.join() === b.join()
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function within(value: number, expected: number, by: number): boolean {
  return Math.abs(value - expected) <= by
}
