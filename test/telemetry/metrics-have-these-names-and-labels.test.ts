import t from 'tap'
import { send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { scrape } from '../support/metrics.ts'
import { startOrigin } from '../support/origin.ts'
import { planWith } from '../support/plan.ts'

/** What dashboards and alerts are written against. A change here breaks them: say so in the change log. */
const FAMILIES = {
  auth_failures_total: ['plugin', 'reason'],
  bulkhead_limit: ['route', 'upstream'],
  bulkhead_queued: ['route', 'upstream'],
  bulkhead_rejected_total: ['upstream'],
  bulkhead_running: ['route', 'upstream'],
  circuit_breaker_rejected_total: ['upstream'],
  circuit_breaker_state: ['route', 'upstream'],
  circuit_breaker_transitions_total: ['route', 'to', 'upstream'],
  client_timeouts_total: ['kind'],
  config_generation_info: ['hash'],
  config_last_reload_successful: [],
  config_reloads_total: ['result'],
  connections_open: ['listener'],
  event_loop_utilization: [],
  http_overhead_seconds: ['route'],
  http_request_duration_seconds: ['route'],
  http_requests_total: ['method', 'route', 'status'],
  log_lines_dropped_total: [],
  overload_rejected_total: [],
  rate_limit_decisions_total: ['decision', 'policy'],
  rate_limit_evictions_total: [],
  upstream_ejections_total: ['reason', 'upstream'],
  upstream_endpoints: ['state', 'upstream'],
  upstream_fallbacks_total: ['cause', 'upstream'],
  upstream_in_flight: ['upstream'],
  upstream_request_duration_seconds: ['upstream'],
  upstream_requests_total: ['outcome', 'upstream'],
  upstream_retries_refused_total: ['reason', 'upstream'],
  upstream_retries_total: ['reason', 'upstream']
}

t.test('metrics have these names and labels', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end())
  const document = (secret: string) => `
upstreams:
  origin: { endpoints: ["${origin.url}"] }
  dead:
    endpoints: ["http://127.0.0.1:1", "http://127.0.0.1:2"]
    retry: { attempts: 1, backoff: { base: 0ms, max: 0ms } }
    circuitBreaker: { consecutiveFailures: 2 }
    outlierDetection: { consecutiveFailures: 1 }
    bulkhead: { maxConcurrent: 5 }
    fallback: { status: 200, on: [failed] }
routes:
  - { name: dead, match: { path: /dead }, upstream: dead }
  - { name: open, match: { path: /open }, upstream: origin, plugins: { rate-limit: { limit: 1, window: 1m } } }
  - { name: closed, match: { path: /closed }, upstream: origin, plugins: { jwt: { secret: ${secret} } } }`
  const { gateway, url, adminUrl } = await startGateway(t, document('0123456789abcdef0123456789abcdef'))
  const statuses: number[] = []
  for (const path of ['/open', '/open', '/closed', '/nowhere', '/dead']) statuses.push((await send(url + path)).status)
  t.same(statuses, [200, 429, 401, 404, 200])
  t.equal((await gateway.reload(planWith(document('fedcba9876543210fedcba9876543210'), []))).result, 'applied')

  const exposition = await scrape(adminUrl)
  t.same(familiesOf([...exposition.keys()]), FAMILIES)
  const value = (series: string) => exposition.get(`sallyport_${series}`)
  t.equal(value('http_requests_total{route="open",method="GET",status="200"}'), 1)
  t.equal(value('http_requests_total{route="_unmatched",method="GET",status="404"}'), 1)
  t.equal(value('http_request_duration_seconds_count{route="open"}'), 2)
  t.equal(value('http_overhead_seconds_count{route="closed"}'), 1)
  t.equal(value('upstream_requests_total{upstream="origin",outcome="response"}'), 1)
  t.equal(value('upstream_request_duration_seconds_count{upstream="origin"}'), 1)
  t.equal(value('upstream_in_flight{upstream="origin"}'), 0)
  t.equal(value('upstream_endpoints{upstream="origin",state="available"}'), 1)
  t.equal(value('rate_limit_decisions_total{policy="open",decision="refused"}'), 1)
  t.equal(value('auth_failures_total{plugin="jwt",reason="missing"}'), 1)
  t.equal(value(`config_generation_info{hash="${gateway.plan.hash}"}`), 1)
  t.equal(value('config_reloads_total{result="applied"}'), 1)
  t.equal(value('connections_open{listener="127.0.0.1:0"}'), 0)
  const busy = value('event_loop_utilization') as number
  t.ok(busy >= 0 && busy <= 1, `event loop utilisation ${busy}`)
  t.ok(exposition.has('process_cpu_seconds_total') && exposition.has('nodejs_eventloop_lag_seconds'), 'what Node tells of itself')
})

/** Label names by family, without our prefix and without what a histogram adds. */
function familiesOf(series: readonly string[]): Record<string, string[]> {
  const families: Record<string, string[]> = {}
  for (const text of series.filter((one) => one.startsWith('sallyport_')).toSorted()) {
    const [name = '', labels = ''] = text.slice('sallyport_'.length).split('{')
    const names = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label as string).filter((label) => label !== 'le')
    families[name.replace(/_(?:bucket|sum|count)$/, '')] = names.toSorted()
  }
  return families
}
