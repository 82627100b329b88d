import t from 'tap'
import { openAdminDesk } from '../../src/admin/admin.ts'
import type { WorkerInfo } from '../../src/admin/desk.ts'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import type { BreakerSnapshot } from '../../src/policy/breaker/types.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { createMergedView, type MergedViewOptions, type ViewedWorker } from '../../src/workers/merged-view.ts'
import { WorkerMetrics } from '../../src/workers/worker-metrics.ts'
import { send } from '../support/client.ts'
import { compilePlan, document, type Teardown } from '../support/gateway.ts'
import { scrape } from '../support/metrics.ts'

const PLAN = compilePlan(
  document(`
upstreams: { orders: { endpoints: ["http://a:1"], circuitBreaker: {} } }
routes: [{ name: all, match: { path: /* }, upstream: orders }]`)
)

const CLOSED: BreakerSnapshot = { phase: 'closed', reason: null, sinceMs: -Infinity, requests: 4, failures: 1, slow: 0, retryAfterMs: 0 }

interface Scripted extends ViewedWorker {
  reasons: readonly string[]
  /** Set for one that does not answer, or whose thread has ended. */
  trouble: 'silent' | 'gone' | null
  isServing: boolean
  readonly asked: string[]
}

function workerOf(number: number, clock: FakeClock): Scripted {
  const metrics = createMetrics()
  metrics.route('all').metrics.complete('GET', 200, 1000, 1)
  const answer = <T>(what: string, value: T): Promise<T> => {
    worker.asked.push(what)
    if (worker.trouble === 'gone') return Promise.reject(new Error('its thread has ended'))
    return worker.trouble === 'silent' ? new Promise(() => queueMicrotask(() => clock.advance(5000))) : Promise.resolve(value)
  }
  const endpoint = {
    key: 'http://a:1',
    origin: 'http://a:1',
    weight: 1,
    zone: null,
    inFlight: 2,
    latencyMs: 0,
    lastFailure: null,
    availability: 'available',
    ejectedUntilMs: 0
  } as const
  const worker: Scripted = {
    number,
    reasons: [],
    trouble: null,
    isServing: true,
    asked: [],
    look: () =>
      answer('look', {
        upstreams: [{ name: 'orders', panicking: false, measuresLatency: false, breaker: CLOSED, bulkhead: null, endpoints: [endpoint] }],
        routes: [{ name: 'all', breaker: null, bulkhead: { running: 1, queued: 0, limit: 3 } }]
      }),
    notReady: () => answer('notReady', worker.reasons),
    metrics: async () => answer('metrics', await metrics.snapshot()),
    usage: (query) => answer(`usage ${JSON.stringify(query)}`, { status: 200, body: [number] }),
    forceBreaker: (owner, mode) => answer(`${owner.upstream}|${owner.route} ${mode}`, owner.upstream === 'orders' ? CLOSED : null)
  }
  return worker
}

async function start(t: Teardown, more: Partial<MergedViewOptions> = {}) {
  const clock = new FakeClock()
  const workers = [workerOf(0, clock), workerOf(1, clock)]
  const info = (number: number, state = 'running'): WorkerInfo => ({ number, state, since: clock.wall(), restarts: 0, eventLoopUtilization: 0.25 })
  const desk = createMergedView({
    clock,
    unmatched: '_unmatched',
    plan: () => PLAN,
    serving: () => workers.filter(({ isServing }) => isServing),
    workers: () => workers.map(({ number }) => info(number)),
    notReady: () => [],
    discovered: () => new Map(),
    metrics: createMetrics(),
    workerMetrics: new WorkerMetrics(),
    lastReload: () => null,
    reload: () => null,
    ...more
  })
  const admin = await openAdminDesk({ host: '127.0.0.1', port: 0 }, desk)
  t.teardown(() => admin.close())
  return { url: `http://127.0.0.1:${admin.port}`, workers: workers as [Scripted, Scripted], info }
}

t.test('what workers have is shown as of one gateway', async (t) => {
  const { url, workers } = await start(t)
  const get = async (path: string) => (await send(url + path)).json()
  t.match(await get('/upstreams'), [
    {
      name: 'orders',
      endpoints: [{ url: 'http://a:1', state: 'available', inFlight: 4, source: 'config' }],
      circuitBreaker: { state: 'closed', since: null, requests: 4 }
    }
  ])
  t.match(await get('/routes'), [{ name: 'all', upstream: 'orders', bulkhead: { running: 2, queued: 0, limit: 6 } }])
  t.match(await get('/workers'), [
    { number: 0, state: 'running', since: Number, restarts: 0, eventLoopUtilization: 0.25 },
    { number: 1, state: 'running' }
  ])
  t.equal((await get('/config')).hash, PLAN.hash)
  t.same(await get('/usage?quota=q'), [0])
  t.same(workers[1].asked.includes('usage {"quota":"q"}'), false, 'limits are shared, so one worker can tell')
  const series = 'sallyport_http_requests_total{route="all",method="GET",status="200"}'
  t.equal((await scrape(url)).get(series), 2)

  workers[0].trouble = 'silent'
  workers[1].trouble = 'gone'
  t.equal((await scrape(url)).get(series), 2, 'those that do not answer count as they last did')
})

t.test('a breaker is forced by one worker, another one when that is gone', async (t) => {
  const { url, workers } = await start(t)
  const force = (path: string, state: string) =>
    send(`${url}${path}/circuit-breaker`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ state }) })
  t.equal((await force('/upstreams/orders', 'open')).status, 200)
  t.same(workers[0].asked, ['orders| open'])
  t.same(workers[1].asked, [])
  t.equal((await force('/upstreams/none', 'open')).status, 404)
  t.match((await force('/routes/all', 'auto')).json(), { error: 'the route all has no circuit breaker' })
  t.equal((await force('/upstreams/orders', 'ajar')).status, 400)
  workers[0].trouble = 'gone'
  t.equal((await force('/upstreams/orders', 'closed')).status, 200)
  t.same(workers[1].asked, ['orders| closed'])
  workers[1].trouble = 'silent'
  t.equal((await force('/upstreams/orders', 'closed')).status, 503)
  t.equal((await send(`${url}/usage`)).status, 503)
})

t.test('a gateway is ready when all of its workers that take requests are', async (t) => {
  const reasons: string[] = []
  const { url, workers } = await start(t, { notReady: () => reasons })
  const readyz = async () => {
    const { status, json } = await send(`${url}/readyz`)
    return { status, reasons: json().reasons as unknown }
  }
  t.same(await readyz(), { status: 200, reasons: [] })
  workers[1].reasons = ['the upstream orders waits']
  t.same(await readyz(), { status: 503, reasons: ['worker 1: the upstream orders waits'] })
  workers[0].reasons = workers[1].reasons
  t.same(await readyz(), { status: 503, reasons: ['the upstream orders waits'] }, 'what holds for all is told once')
  workers[0].reasons = []
  workers[1].trouble = 'silent'
  t.same(await readyz(), { status: 503, reasons: ['worker 1: it does not answer'] }, 'connections are still dealt out to it')
  workers[1].trouble = 'gone'
  workers[1].isServing = false
  t.same(await readyz(), { status: 200, reasons: [] }, 'the other one takes its connections meanwhile')
  workers[0].reasons = ['the upstream orders waits']
  t.same(await readyz(), { status: 503, reasons: ['the upstream orders waits'] })
  workers[0].isServing = false
  t.same(await readyz(), { status: 503, reasons: ['no worker serves'] })
  for (const worker of workers) Object.assign(worker, { trouble: null, isServing: true, reasons: [] })
  reasons.push('the gateway is draining')
  t.same(await readyz(), { status: 503, reasons })
  for (const worker of workers) worker.reasons = reasons
  t.same(await readyz(), { status: 503, reasons: ['the gateway is draining'] }, 'which the workers say too')
})
