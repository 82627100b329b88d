import t from 'tap'
import { createEndpointSet } from '../../src/policy/health/endpoint-set.ts'
import type { EndpointSet, EndpointSetRule, HealthEvent, HealthKnowledge, Member, OutlierRule } from '../../src/policy/health/types.ts'
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

interface Worker {
  readonly set: EndpointSet<Member>
  readonly events: HealthEvent[]
  /** What the others have yet to be told. */
  readonly news: HealthKnowledge[]
  keys(now: number): readonly string[]
  fail(key: string, times: number, now?: number): void
}

function workerOf(members: readonly Member[], rule: Partial<EndpointSetRule> = {}): Worker {
  const events: HealthEvent[] = []
  const news: HealthKnowledge[] = []
  const set = createEndpointSet(
    members,
    { outlier: OUTLIER, panicThreshold: 0, zone: null, ...rule },
    () => 0.5,
    START,
    (event) => {
      events.push(event)
      if (event.kind === 'ejected' || event.kind === 'recovered') news.push(structuredClone(event))
    }
  )
  return {
    set,
    events,
    news,
    keys: (now) => set.usable(now).map(({ key }) => key),
    fail(key, times, now = START) {
      for (let i = 0; i < times; i++) set.settle(key, 'failure', now)
    }
  }
}

function workersOf(count: number, endpoints: number, rule: Partial<EndpointSetRule> = {}) {
  const members = Array.from({ length: endpoints }, (_, index) => candidate(`e${index}`))
  const workers = Array.from({ length: count }, () => workerOf(members, rule))
  /** As ports do: each hears of what the others found out, in their order. */
  const tell = (now: number): void => {
    for (const from of workers) {
      for (const knowledge of from.news.splice(0)) for (const to of workers) if (to !== from) to.set.learn(knowledge, now)
    }
  }
  return { workers, tell, members, at: (index: number) => workers[index] as Worker }
}

t.test('what one worker ejected is out in the others, without a word of theirs, and back in when it recovers', (t) => {
  const { tell, at } = workersOf(2, 3)
  at(0).fail('e1', 3)
  t.strictSame(at(1).keys(START), ['e0', 'e1', 'e2'])
  t.strictSame(at(0).news, [{ kind: 'ejected', key: 'e1', reason: 'consecutive-failures', forMs: 1000, ejections: 1 }])
  tell(START + 1)
  t.strictSame(at(1).keys(START + 1), ['e0', 'e2'])
  t.equal(at(1).set.availability('e1', START + 1), 'ejected')
  t.equal(at(1).set.ejectedUntil('e1'), START + 1001)

  const due = START + 1000
  t.equal(at(0).set.takeProbe(due)?.key, 'e1')
  at(0).set.settle('e1', 'success', due + 5)
  tell(due + 5)
  t.strictSame(at(1).keys(due + 5), ['e0', 'e1', 'e2'])
  t.strictSame(at(1).events, [])
  t.strictSame(at(1).news, [], 'nothing to tell on')
  t.end()
})

t.test('it says whether it learned anything, and the same message twice says nothing new', (t) => {
  const { at } = workersOf(1, 3)
  const { set } = at(0)
  const ejected: HealthKnowledge = { kind: 'ejected', key: 'e1', forMs: 1000, ejections: 2 }
  t.equal(set.learn({ kind: 'recovered', key: 'e1' }, START), false, 'it is in')
  t.equal(set.learn(ejected, START), true)
  t.equal(set.learn(ejected, START + 500), false)
  t.equal(set.learn({ ...ejected, ejections: 1, forMs: 9000 }, START + 500), false, 'an earlier one comes late')
  t.equal(set.ejectedUntil('e1'), START + 1000)
  t.equal(set.learn({ ...ejected, ejections: 3, forMs: 3000 }, START + 600), true, 'its probe failed elsewhere')
  t.equal(set.ejectedUntil('e1'), START + 3600)
  t.equal(set.learn({ kind: 'recovered', key: 'e1' }, START + 700), true)
  t.equal(set.learn({ kind: 'recovered', key: 'e1' }, START + 700), false)
  t.equal(set.learn(ejected, START + 800), true, 'of one that is in, every ejection is news')
  t.equal(set.learn({ ...ejected, key: 'gone' }, START), false)
  t.equal(workerOf([candidate('e1'), candidate('e2')], { outlier: null }).set.learn(ejected, START), false, 'without outlier detection')
  t.end()
})

t.test('an ejection of its own goes on from those it learned', (t) => {
  const { at } = workersOf(1, 3)
  at(0).set.learn({ kind: 'ejected', key: 'e1', forMs: 1000, ejections: 1 }, START)
  at(0).set.learn({ kind: 'recovered', key: 'e1' }, START + 1000)
  at(0).fail('e1', 3, START + 1100)
  t.match(at(0).events, [{ kind: 'ejected', forMs: 2000, ejections: 2 }])
  t.end()
})

t.test('failures from before a learned ejection do not count after it', (t) => {
  const { at } = workersOf(1, 3)
  at(0).fail('e1', 2)
  at(0).set.learn({ kind: 'ejected', key: 'e1', forMs: 1000, ejections: 1 }, START)
  at(0).fail('e1', 5)
  at(0).set.learn({ kind: 'recovered', key: 'e1' }, START + 1000)
  at(0).fail('e1', 2, START + 1000)
  t.equal(at(0).set.availability('e1', START + 1000), 'available')
  t.end()
})

t.test('a learned ejection takes out neither too many nor the last one', (t) => {
  const { tell, at } = workersOf(2, 2)
  at(0).fail('e0', 3)
  at(1).fail('e1', 3)
  tell(START)
  t.strictSame([at(0).keys(START), at(1).keys(START)], [['e1'], ['e0']], 'each keeps the one it has left')
  const many = workersOf(1, 5).at(0)
  const learned = ['e0', 'e1', 'e2'].map((key) => many.set.learn({ kind: 'ejected', key, forMs: 1000, ejections: 1 }, START))
  t.strictSame(learned, [true, true, false], 'half of five is two')
  const checked = workersOf(1, 3).at(0)
  for (const key of ['e1', 'e2']) checked.set.check(key, 'unhealthy', START, '')
  t.equal(checked.set.learn({ kind: 'ejected', key: 'e0', forMs: 1000, ejections: 1 }, START), false, 'the others are unhealthy')
  t.end()
})

t.test('the first probe is left to the worker that ejected; if it says nothing the others probe two to four seconds later', (t) => {
  const { tell, at } = workersOf(3, 2)
  at(0).fail('e1', 3)
  tell(START)
  const due = START + 1000
  t.strictSame([at(1).set.takeProbe(due), at(2).set.takeProbe(due + 1999)], [null, null])
  t.equal(at(1).set.availability('e1', due), 'probing')
  t.equal(at(0).set.takeProbe(due)?.key, 'e1')
  at(0).set.settle('e1', 'failure', due + 1500)
  tell(due + 1500)
  const again = due + 1500 + 2000
  t.equal(at(1).set.takeProbe(again + 1999), null, 'the wait begins anew')
  t.equal(at(1).set.takeProbe(again + 3999, 1000), null, 'a request that cannot be repeated waits for longer still')
  t.equal(at(1).set.takeProbe(again + 3999)?.key, 'e1')
  at(1).set.settle('e1', 'failure', again + 4000)
  tell(again + 4000)
  t.equal(at(0).set.takeProbe(again + 6500), null, 'now the other one has the first probe')
  t.equal(at(1).set.takeProbe(again + 6500)?.key, 'e1')
  t.end()
})

t.test('a panic that follows from what was learned is told', (t) => {
  const { at } = workersOf(1, 2, { panicThreshold: 0.8 })
  t.equal(at(0).set.learn({ kind: 'ejected', key: 'e1', forMs: 1000, ejections: 1 }, START), true)
  t.equal(at(0).set.panicking, true)
  t.strictSame(at(0).events, [{ kind: 'panic', on: true }])
  t.end()
})

const actions = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        do: fc.constant('settle' as const),
        worker: fc.nat(2),
        who: fc.nat(4),
        result: fc.constantFrom('failure' as const, 'failure' as const, 'failure' as const, 'success' as const, 'ignored' as const)
      })
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 100, 333, 1000, 2400, 5000) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('probe' as const), worker: fc.nat(2) }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('check' as const), who: fc.nat(4), status: fc.constantFrom('healthy' as const, 'unhealthy' as const) })
    },
    { weight: 3, arbitrary: fc.constant({ do: 'tell' } as const) }
  ),
  { maxLength: 120, size: 'max' }
)

/** Plays a sequence over three workers; `after` is asked after each step. */
function play(
  sequence: typeof actions extends fc.Arbitrary<infer S> ? S : never,
  endpoints: number,
  { outlier, atOnce, after }: { outlier: OutlierRule; atOnce: boolean; after: (workers: readonly Worker[], now: number) => boolean }
): boolean {
  const { workers, tell, at } = workersOf(3, endpoints, { outlier })
  let now = START
  for (const action of sequence) {
    const key = `e${'who' in action ? action.who % endpoints : 0}`
    if (action.do === 'wait') now += action.ms
    // What ends with time is seen at the next question.
    for (const { set } of workers) set.usable(now)
    if (action.do === 'settle') at(action.worker).set.settle(key, action.result, now)
    else if (action.do === 'probe') at(action.worker).set.takeProbe(now)
    else if (action.do === 'check') for (const { set } of workers) set.check(key, action.status, now, '')
    if (atOnce || action.do === 'tell') tell(now)
    if (!after(workers, now)) return false
  }
  return true
}

const outliers = fc.constantFrom(0.1, 0.5, 1).map((maxEjectedRatio): OutlierRule => ({ ...OUTLIER, consecutiveFailures: 2, maxEjectedRatio }))

t.test('workers that hear of everything at once agree at all times', (t) => {
  const seen = new Set<string>()
  const states = ({ set }: Worker, now: number): string => set.members.map(({ key }) => set.availability(key, now)).join()
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), outliers, actions, (endpoints, outlier, sequence) =>
      play(sequence, endpoints, {
        outlier,
        atOnce: true,
        after(workers, now) {
          const first = states(workers[0] as Worker, now)
          for (const state of first.split(',')) seen.add(state)
          return workers.every((worker) => states(worker, now) === first && worker.keys(now).join() === workers[0]?.keys(now).join())
        }
      })
    ),
    { numRuns: 400 }
  )
  t.strictSame([...seen].sort(), ['available', 'ejected', 'probing', 'unhealthy'])
  t.end()
})

t.test('whenever what is learned arrives, never too many are out anywhere, and never the last', (t) => {
  let learned = 0
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5 }), outliers, actions, (endpoints, outlier, sequence) =>
      play(sequence, endpoints, {
        outlier,
        atOnce: false,
        after: (workers, now) =>
          workers.every(({ set, events, keys }) => {
            const all = set.members.map(({ key }) => ({ key, is: set.availability(key, now) }))
            const told = new Set(events.flatMap((event) => (event.kind === 'ejected' ? [event.key] : [])))
            const out = all.filter(({ is }) => is === 'ejected' || is === 'probing')
            if (out.some(({ key }) => !told.has(key))) learned++
            if (out.length > Math.max(1, Math.floor(outlier.maxEjectedRatio * endpoints))) return false
            return all.every(({ is }) => is === 'unhealthy') || keys(now).length > 0
          })
      })
    ),
    { numRuns: 400 }
  )
  t.ok(learned > 100, `${learned} times one was out that others had ejected`)
  t.end()
})
