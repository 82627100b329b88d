import t from 'tap'
import type { HealthEvent } from '../../src/policy/health/types.ts'
import { startSupervisor, type TestWorker } from './kit.ts'

const ejected = (key: string, forMs = 1000, ejections = 1): HealthEvent => ({ kind: 'ejected', key, reason: 'failure-ratio', forMs, ejections })

/** What a worker has been told since it has endpoints. */
function learned(worker: TestWorker): string[] {
  const told: string[] = []
  worker.knowledge.open((upstream, knowledge) => {
    const { kind, key } = knowledge
    told.push([upstream, key, kind, ...(kind === 'ejected' ? [knowledge.forMs, knowledge.ejections] : [])].join(' '))
  })
  return told
}

t.test('the others learn of ejections and recoveries, and the log tells each once', async (t) => {
  const { log, join } = startSupervisor(t)
  const [a, b, c] = [join(0), join(1), join(2)]
  const told = [a, b, c].map(learned)
  a.onHealth('orders', ejected('http://x:1', 1000, 2))
  b.onHealth('orders', { kind: 'recovered', key: 'http://x:1' })
  await Promise.all([a, b, c].map((worker) => worker.settled()))
  await Promise.all([a, b, c].map((worker) => worker.settled()))
  t.same(told[0], ['orders http://x:1 recovered'])
  t.same(told[1], ['orders http://x:1 ejected 1000 2'])
  t.same(told[2], ['orders http://x:1 ejected 1000 2', 'orders http://x:1 recovered'])
  t.same(log, ['orders ejected http://x:1', 'orders recovered http://x:1'])
})

t.test('a worker that is started again is told what still holds, with the time that is left', async (t) => {
  const { clock, join } = startSupervisor(t)
  const a = join(0)
  const say = async (...events: readonly HealthEvent[]): Promise<void> => {
    for (const event of events) a.onHealth('orders', event)
    await a.settled()
  }
  await say(ejected('http://x:1', 1000, 3), ejected('http://back:1'), ejected('http://over:1', 200))
  await say({ kind: 'recovered', key: 'http://back:1' })
  clock.advance(400)
  const b = join(1)
  await b.settled()
  // Until it has endpoints, 100 ms later, nothing can be said of them.
  clock.advance(100)
  t.same(learned(b), ['orders http://x:1 ejected 500 3', 'orders http://over:1 ejected 0 1'], 'one whose time is over waits for its probe')

  clock.advance(700_000)
  const c = join(2)
  await c.settled()
  t.same(learned(c), [], 'what nobody has tried again for ten minutes is forgotten')
})

t.test('what several workers see is one line of the log', async (t) => {
  const { log, join } = startSupervisor(t)
  const [a, b] = [join(0), join(1)]
  const events: readonly (readonly [worker: TestWorker, event: HealthEvent, lines: readonly string[]])[] = [
    [a, { kind: 'unhealthy', key: 'x', reason: 'status 500' }, ['orders unhealthy x']],
    [b, { kind: 'unhealthy', key: 'x', reason: 'status 500' }, []],
    [a, { kind: 'unhealthy', key: 'y', reason: 'status 500' }, ['orders unhealthy y']],
    [b, { kind: 'panic', on: true }, ['orders panic true']],
    [a, { kind: 'panic', on: true }, []],
    [b, { kind: 'panic', on: false }, []],
    [a, { kind: 'panic', on: false }, ['orders panic false']],
    [a, { kind: 'healthy', key: 'x' }, []],
    [b, { kind: 'healthy', key: 'x' }, ['orders healthy x']],
    [a, { kind: 'healthy', key: 'y' }, ['orders healthy y']],
    [a, { kind: 'unhealthy', key: 'x', reason: '' }, ['orders unhealthy x']],
    [b, { kind: 'unhealthy', key: 'x', reason: '' }, []],
    // Meanwhile it was gone, so nobody has called it healthy.
    [b, { kind: 'unhealthy', key: 'x', reason: '' }, ['orders unhealthy x']],
    [a, { kind: 'unhealthy', key: 'x', reason: '' }, []],
    [a, { kind: 'healthy', key: 'x' }, []],
    [b, { kind: 'healthy', key: 'x' }, ['orders healthy x']],
    [a, { kind: 'unhealthy', key: 'x', reason: '' }, ['orders unhealthy x']]
  ]
  for (const [worker, event, lines] of events) {
    worker.onHealth('orders', event)
    await worker.settled()
    t.same(log.splice(0), lines, JSON.stringify(event))
  }
  a.die()
  b.onHealth('orders', { kind: 'unhealthy', key: 'x', reason: '' })
  await b.settled()
  b.onHealth('orders', { kind: 'healthy', key: 'x' })
  await b.settled()
  t.same(log, ['orders unhealthy x', 'orders healthy x'], 'a worker that is gone has no say')
})
