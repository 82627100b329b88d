import type { DiscoveryGauge } from './discovery-gauges.ts'
import type { BreakerPhase } from '../policy/breaker/types.ts'
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { BoundCounter } from '../plugin-api/index.ts'
import type { StreamObserver } from '../proxy/open-streams.ts'
import type { ClientTimeout } from '../proxy/exchange.ts'
import type { RouteMetrics, UpstreamMetrics } from '../proxy/route-runtime.ts'
import { writeExposition } from './exposition.ts'
import { CounterFamily, type CounterSeries, HistogramFamily, type Labels } from './families.ts'
import { ObservedGauge, type Row } from './observed-gauge.ts'
import { createPluginCounters } from './plugin-counters.ts'
import { snapshotRegistry } from './registry-snapshot.ts'
import type { MetricSnapshot } from './snapshot.ts'
import { observeStreams } from './stream-metrics.ts'

const PREFIX = 'sallyport_'

/** Seconds. From a cache hit on the same machine to a report that takes a minute. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]
const OVERHEAD_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1]

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'])

/** A route's or upstream's series, and the end of them. */
export interface Series<T> {
  readonly metrics: T
  /** Takes the series out of the exposition. */
  remove(): void
}

export interface UpstreamGauges {
  readonly upstream: string
  /** Endpoints by what may be done with them. */
  readonly endpoints: Readonly<Record<string, number>>
  readonly inFlight: number
}

/** A breaker or bulkhead belongs to an upstream, or to one route; the other label is empty. */
export interface PolicyOwner {
  readonly upstream: string
  readonly route: string
}

export interface BreakerGauge extends PolicyOwner {
  /** 0 closed, 1 half-open, 2 open. */
  readonly state: 0 | 1 | 2
}

export interface BulkheadGauge extends PolicyOwner {
  readonly running: number
  readonly queued: number
  readonly limit: number
}

export interface HealthMetrics {
  ejected(reason: string): void
}

export interface BreakerMetrics {
  transition(to: BreakerPhase): void
}

export interface Metrics {
  route(name: string): Series<RouteMetrics>
  upstream(name: string): Series<UpstreamMetrics & HealthMetrics>
  breaker(owner: PolicyOwner): Series<BreakerMetrics>
  /** A counter series of a plugin; the same name and labels give the same series. */
  pluginCounter(name: string, help: string, labels: Readonly<Record<string, string>>): Series<BoundCounter>
  reload(result: 'applied' | 'unchanged' | 'rejected'): void
  /** Replaces the one series that names the running configuration. */
  generation(hash: string): void
  /** Called at every scrape to tell open connections by listener. */
  observeConnections(read: () => Iterable<readonly [listener: string, count: number]>): void
  /** Called at every scrape to tell the present state of each upstream; what changes with every request is not counted twice. */
  observeUpstreams(read: () => Iterable<UpstreamGauges>): void
  observeBreakers(read: () => Iterable<BreakerGauge>): void
  observeDiscovery(read: () => Iterable<DiscoveryGauge>): void
  observeBulkheads(read: () => Iterable<BulkheadGauge>): void
  /** Null without Redis. */
  observeRedis(read: () => boolean | null): void
  /** How many lines the log has dropped so far. */
  observeLog(droppedLines: () => number): void
  /** A caller whose limit still counted was given up for lack of room. */
  limitEvicted(): void
  /** A connection was closed at once because there were too many: in all, or of its address. */
  connectionRefused(limit: 'all' | 'ip'): void
  /** A client was too slow. */
  clientTimeout(kind: ClientTimeout): void
  /** A request was refused because the event loop is late or full. */
  overloadRejected(): void
  /** Of a supervisor: counts workers that were started again. */
  workerRestarts(): { inc(): void }
  readonly streams: StreamObserver
  /** In Prometheus' text format. `turn` is asked for between two parts of the work, which is long for thousands of routes. */
  exposition(turn?: () => Promise<void> | null): Promise<Iterable<string>>
  /** The same as plain data, to be merged with that of other threads. */
  snapshot(): Promise<readonly MetricSnapshot[]>
  readonly contentType: string
}

export function createMetrics(registry = new Registry()): Metrics {
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  observeEventLoop(registry)
  const families = createFamilies(registry)
  const reloads = new Counter({ name: `${PREFIX}config_reloads_total`, help: 'Reloads by result', labelNames: ['result'], registers })
  const reloadOk = new Gauge({
    name: `${PREFIX}config_last_reload_successful`,
    help: '1 when the last reload was applied or changed nothing',
    registers
  })
  const info = new Gauge({ name: `${PREFIX}config_generation_info`, help: '1 for the running configuration', labelNames: ['hash'], registers })
  const overloads = new Counter({
    name: `${PREFIX}overload_rejected_total`,
    help: 'Requests refused because the event loop is late or full',
    registers
  })
  const refused = new Counter({
    name: `${PREFIX}connections_refused_total`,
    help: 'Client connections closed at once because there were too many',
    labelNames: ['limit'],
    registers
  })
  const evictions = new Counter({
    name: `${PREFIX}rate_limit_evictions_total`,
    help: 'Callers whose limit in memory was forgotten while it still counted, for lack of room',
    registers
  })
  const plugins = createPluginCounters(registry, PREFIX)
  const clientTimeouts = bindClientTimeouts(families)
  const observe = (name: string, help: string, read: () => Iterable<Row>): void => {
    registry.registerMetric(new ObservedGauge(PREFIX + name, help, read) as never)
  }
  reloadOk.set(1)

  return {
    route: (name) => routeSeries(name, families),
    upstream: (name) => upstreamSeries(name, families),
    breaker: (owner) => breakerSeries(owner, families),
    overloadRejected: () => overloads.inc(),
    connectionRefused: (limit) => refused.inc({ limit }),
    clientTimeout(kind) {
      clientTimeouts[kind].count++
    },
    pluginCounter: plugins,
    reload(result) {
      reloads.inc({ result })
      reloadOk.set(result === 'rejected' ? 0 : 1)
    },
    generation(hash) {
      info.reset()
      info.set({ hash }, 1)
    },
    observeConnections(read) {
      observe('connections_open', 'Open client connections', function* () {
        for (const [listener, count] of read()) yield [{ listener }, count]
      })
    },
    observeUpstreams(read) {
      observe('upstream_endpoints', 'Endpoints by state', function* () {
        for (const { upstream, endpoints } of read()) for (const state in endpoints) yield [{ upstream, state }, endpoints[state] as number]
      })
      observe('upstream_in_flight', 'Attempts that are running', function* () {
        for (const { upstream, inFlight } of read()) yield [{ upstream }, inFlight]
      })
    },
    observeBreakers(read) {
      observe('circuit_breaker_state', '0 closed, 1 half-open, 2 open', function* () {
        for (const { upstream, route, state } of read()) yield [{ upstream, route }, state]
      })
    },
    observeDiscovery(read) {
      const each = (key: 'lastSuccessSeconds' | 'stale' | 'held' | 'skipped') =>
        function* (): Generator<Row> {
          for (const gauge of read()) yield [{ provider: gauge.provider, service: gauge.service }, gauge[key]]
        }
      observe('discovery_last_success_timestamp_seconds', 'Latest answer of the registry', each('lastSuccessSeconds'))
      observe('discovery_stale', '1 while the registry does not answer', each('stale'))
      observe('discovery_held_endpoints', 'Endpoints kept although the registry names them no more', each('held'))
      observe('discovery_skipped_entries', 'Entries of the latest answer that cannot be used', each('skipped'))
    },
    observeBulkheads(read) {
      const each = (key: 'running' | 'queued' | 'limit') =>
        function* (): Generator<Row> {
          for (const gauge of read()) yield [{ upstream: gauge.upstream, route: gauge.route }, gauge[key]]
        }
      observe('bulkhead_running', 'Places taken', each('running'))
      observe('bulkhead_queued', 'Requests that wait for a place', each('queued'))
      observe('bulkhead_limit', 'Places there are; changes when adaptive', each('limit'))
    },
    observeRedis(read) {
      observe('redis_up', '1 while Redis answers', () => {
        const isUp = read()
        return isUp === null ? [] : [[{}, isUp ? 1 : 0]]
      })
    },
    observeLog(droppedLines) {
      let told = 0
      new Counter({
        name: `${PREFIX}log_lines_dropped_total`,
        help: 'Log lines that could not be written, or for which a reader was too slow',
        registers,
        collect() {
          this.inc(droppedLines() - told)
          told = droppedLines()
        }
      })
    },
    limitEvicted: () => evictions.inc(),
    workerRestarts: () =>
      new Counter({ name: `${PREFIX}worker_restarts_total`, help: 'Workers that were started again after their thread had ended', registers }),
    streams: observeStreams(registry),
    exposition: (turn) => expose(registry, turn),
    snapshot: () => snapshotRegistry(registry),
    contentType: registry.contentType
  }
}

/** What `registry.metrics()` gives, in a quarter of its time and not all at once. */
async function expose(registry: Registry, turn?: () => Promise<void> | null): Promise<Iterable<string>> {
  return writeExposition(await snapshotRegistry(registry, turn))
}

type Families = ReturnType<typeof createFamilies>

function createFamilies(registry: Registry) {
  const families = {
    requests: new CounterFamily(`${PREFIX}http_requests_total`, 'Requests answered'),
    duration: new HistogramFamily(`${PREFIX}http_request_duration_seconds`, 'From the request head to the end of the answer', BUCKETS),
    overhead: new HistogramFamily(`${PREFIX}http_overhead_seconds`, 'Time of a request that was not spent on an upstream', OVERHEAD_BUCKETS),
    attempts: new CounterFamily(`${PREFIX}upstream_requests_total`, 'Attempts at endpoints'),
    retries: new CounterFamily(`${PREFIX}upstream_retries_total`, 'Attempts after the first, by what they answer to'),
    retriesRefused: new CounterFamily(`${PREFIX}upstream_retries_refused_total`, 'Failures that were not tried again, by reason'),
    fallbacks: new CounterFamily(`${PREFIX}upstream_fallbacks_total`, 'Requests that the fallback answered, by cause'),
    ejections: new CounterFamily(`${PREFIX}upstream_ejections_total`, 'Endpoints taken out by outlier detection, by reason'),
    breakerRejected: new CounterFamily(`${PREFIX}circuit_breaker_rejected_total`, 'Attempts that a breaker did not permit'),
    bulkheadRejected: new CounterFamily(`${PREFIX}bulkhead_rejected_total`, 'Requests that got no place in a bulkhead'),
    transitions: new CounterFamily(`${PREFIX}circuit_breaker_transitions_total`, 'Changes of a breaker, by its new state'),
    clientTimeouts: new CounterFamily(`${PREFIX}client_timeouts_total`, 'Clients that were too slow, by what they were too slow with'),
    attemptDuration: new HistogramFamily(`${PREFIX}upstream_request_duration_seconds`, 'Duration of one attempt', BUCKETS)
  }
  for (const family of Object.values(families)) registry.registerMetric(family as never)
  return families
}

/** All of them from the start: a series that first appears with its first event hides that event from `rate`. */
function bindClientTimeouts({ clientTimeouts }: Families): Readonly<Record<ClientTimeout, CounterSeries>> {
  const bind = (kind: ClientTimeout): CounterSeries => clientTimeouts.bind({ kind })
  return { headers: bind('headers'), body: bind('body'), 'upload-rate': bind('upload-rate'), 'write-stall': bind('write-stall') }
}

function routeSeries(route: string, { requests, duration, overhead }: Families): Series<RouteMetrics> {
  const byMethod = new Map<string, Map<number, CounterSeries>>()
  const total = duration.bind({ route })
  const own = overhead.bind({ route })
  // Requests that outlive their generation would bring the series back.
  let removed = false
  return {
    metrics: {
      complete(method, status, durationMs, overheadMs) {
        if (removed) return
        const label = METHODS.has(method) ? method : 'other'
        let byStatus = byMethod.get(label)
        if (byStatus === undefined) byMethod.set(label, (byStatus = new Map<number, CounterSeries>()))
        let counter = byStatus.get(status)
        if (counter === undefined) byStatus.set(status, (counter = requests.bind({ route, method: label, status: String(status) })))
        counter.count++
        total.observe(durationMs / 1000)
        own.observe(overheadMs / 1000)
      }
    },
    remove() {
      removed = true
      for (const byStatus of byMethod.values()) for (const counter of byStatus.values()) requests.remove(counter)
      duration.remove(total)
      overhead.remove(own)
    }
  }
}

/** Share of the time since the last scrape in which the event loop was busy: what CPU use hides behind threads. */
function observeEventLoop(registry: Registry): void {
  let last = performance.eventLoopUtilization()
  registry.registerMetric(
    new Gauge({
      name: `${PREFIX}event_loop_utilization`,
      help: 'Busy share of the event loop since the last scrape, 0 to 1',
      registers: [],
      collect() {
        const now = performance.eventLoopUtilization()
        this.set(performance.eventLoopUtilization(now, last).utilization)
        last = now
      }
    })
  )
}

function upstreamSeries(upstream: string, families: Families): Series<UpstreamMetrics & HealthMetrics> {
  const attempts = countersBy(families.attempts, 'outcome', { upstream })
  const retries = countersBy(families.retries, 'reason', { upstream })
  const refusals = countersBy(families.retriesRefused, 'reason', { upstream })
  const fallbacks = countersBy(families.fallbacks, 'cause', { upstream })
  const ejections = countersBy(families.ejections, 'reason', { upstream })
  const broken = families.breakerRejected.bind({ upstream })
  const full = families.bulkheadRejected.bind({ upstream })
  const took = families.attemptDuration.bind({ upstream })
  let removed = false
  return {
    metrics: {
      attempt(outcome, durationMs) {
        if (removed) return
        attempts.count(outcome)
        took.observe(durationMs / 1000)
      },
      retry: (reason) => retries.count(reason),
      retryRefused: (reason) => refusals.count(reason),
      fallback: (cause) => fallbacks.count(cause),
      ejected: (reason) => ejections.count(reason),
      breakerRejected() {
        broken.count++
      },
      bulkheadRejected() {
        full.count++
      }
    },
    remove() {
      removed = true
      for (const counters of [attempts, retries, refusals, fallbacks, ejections]) counters.remove()
      families.breakerRejected.remove(broken)
      families.bulkheadRejected.remove(full)
      families.attemptDuration.remove(took)
    }
  }
}

function breakerSeries({ upstream, route }: PolicyOwner, { transitions }: Families): Series<BreakerMetrics> {
  const counters = countersBy(transitions, 'to', { upstream, route })
  return { metrics: { transition: (to) => counters.count(to) }, remove: () => counters.remove() }
}

interface CountersByLabel {
  /** Does nothing once removed: what outlives its generation would bring the series back. */
  count(value: string): void
  remove(): void
}

/** Series of one family that differ in one label, each bound when it is first counted. */
function countersBy(family: CounterFamily, label: string, labels: Labels): CountersByLabel {
  const bound = new Map<string, CounterSeries>()
  let removed = false
  return {
    count(value) {
      if (removed) return
      let counter = bound.get(value)
      if (counter === undefined) bound.set(value, (counter = family.bind({ ...labels, [label]: value })))
      counter.count++
    },
    remove() {
      removed = true
      for (const counter of bound.values()) family.remove(counter)
    }
  }
}
