import t from 'tap'
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts'
import { WorkerMetrics } from '../../src/workers/worker-metrics.ts'

const NAMES = { routes: new Set(['orders', 'old']), upstreams: new Set(['shop']) }

/** A worker that has answered so many requests. */
function workerOf(requests: number, route = 'orders'): Metrics {
  const metrics = createMetrics()
  const series = metrics.route(route)
  for (let i = 0; i < requests; i++) series.metrics.complete('GET', 200, 2000, 1)
  metrics.observeConnections(() => [['main', 7]])
  return metrics
}

function valueOf(text: string, series: string): number | null {
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? null : Number(line.slice(series.length + 1))
}

const requests = (route = 'orders'): string => `sallyport_http_requests_total{route="${route}",method="GET",status="200"}`
const COUNT = 'sallyport_http_request_duration_seconds_count{route="orders"}'
const FAST = 'sallyport_http_request_duration_seconds_bucket{le="1",route="orders"}'
const OPEN = 'sallyport_connections_open{listener="main"}'

t.test('no count falls when a worker ends, is silent or begins anew', async (t) => {
  const merged = new WorkerMetrics()
  const own = await createMetrics().snapshot()
  const look = (names = NAMES) => [...merged.exposition(own, names)].join('')
  merged.update(0, await workerOf(3).snapshot())
  merged.update(1, await workerOf(4).snapshot())
  t.equal(valueOf(look(), requests()), 7)
  t.equal(valueOf(look(), OPEN), 14)

  merged.end(1)
  merged.end(1)
  t.equal(valueOf(look(), requests()), 7, 'what it counted stays')
  t.equal(valueOf(look(), COUNT), 7)
  t.equal(valueOf(look(), FAST), 0)
  t.equal(valueOf(look(), OPEN), 7, 'its connections do not')
  t.notMatch(look(), 'worker="1"')

  merged.update(1, await workerOf(2).snapshot())
  t.equal(valueOf(look(), requests()), 9)
  merged.end(1)
  merged.update(1, await workerOf(1).snapshot())
  t.equal(valueOf(look(), requests()), 10, 'the second end too')
})

t.test('series of what a reload removed do not come back with the dead', async (t) => {
  const merged = new WorkerMetrics()
  merged.update(0, await workerOf(3).snapshot())
  merged.update(1, await workerOf(4, 'old').snapshot())
  merged.end(1)
  t.equal(valueOf([...merged.exposition([], NAMES)].join(''), requests('old')), 4)
  const later = { ...NAMES, routes: new Set(['orders']) }
  t.equal(valueOf([...merged.exposition([], later)].join(''), requests('old')), null)
  t.equal(valueOf([...merged.exposition([], NAMES)].join(''), requests('old')), null, 'one of the same name begins anew')
  t.equal(valueOf([...merged.exposition([], later)].join(''), requests()), 3)
})
