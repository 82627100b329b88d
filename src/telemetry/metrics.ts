import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { BoundCounter } from '../plugin-api/index.ts'
import type { RouteMetrics, UpstreamMetrics } from '../proxy/route-runtime.ts'
import { CounterFamily, type CounterSeries, HistogramFamily } from './families.ts'

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
  /** Endpoints that may be picked. */
  readonly available: number
  readonly inFlight: number
}

export interface Metrics {
  route(name: string): Series<RouteMetrics>
  upstream(name: string): Series<UpstreamMetrics>
  /** A counter series of a plugin; the same name and labels give the same series. */
  pluginCounter(name: string, help: string, labels: Readonly<Record<string, string>>): Series<BoundCounter>
  reload(result: 'applied' | 'unchanged' | 'rejected'): void
  /** Replaces the one series that names the running configuration. */
  generation(hash: string): void
  /** Called at every scrape to tell open connections by listener. */
  observeConnections(read: () => Iterable<readonly [listener: string, count: number]>): void
  /** Called at every scrape to tell the present state of each upstream; what changes with every request is not counted twice. */
  observeUpstreams(read: () => Iterable<UpstreamGauges>): void
  streams(kind: 'tunnel', delta: number): void
  exposition(): Promise<string>
  readonly contentType: string
}

export function createMetrics(): Metrics {
  const registry = new Registry()
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
  const streams = new Gauge({ name: `${PREFIX}streams_active`, help: 'Open tunnels', labelNames: ['kind'], registers })
  const plugins = createPluginCounters(registry)
  reloadOk.set(1)

  return {
    route: (name) => routeSeries(name, families),
    upstream: (name) => upstreamSeries(name, families),
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
      registry.registerMetric(
        new Gauge({
          name: `${PREFIX}connections_open`,
          help: 'Open client connections',
          labelNames: ['listener'],
          registers: [],
          collect() {
            this.reset()
            for (const [listener, count] of read()) this.set({ listener }, count)
          }
        })
      )
    },
    observeUpstreams(read) {
      registry.registerMetric(
        new Gauge({
          name: `${PREFIX}upstream_endpoints`,
          help: 'Endpoints by state',
          labelNames: ['upstream', 'state'],
          registers: [],
          collect() {
            this.reset()
            for (const { upstream, available } of read()) this.set({ upstream, state: 'available' }, available)
          }
        })
      )
      registry.registerMetric(
        new Gauge({
          name: `${PREFIX}upstream_in_flight`,
          help: 'Attempts that are running',
          labelNames: ['upstream'],
          registers: [],
          collect() {
            this.reset()
            for (const { upstream, inFlight } of read()) this.set({ upstream }, inFlight)
          }
        })
      )
    },
    streams: (kind, delta) => streams.inc({ kind }, delta),
    exposition: () => registry.metrics(),
    contentType: registry.contentType
  }
}

interface Families {
  readonly requests: CounterFamily
  readonly duration: HistogramFamily
  readonly overhead: HistogramFamily
  readonly attempts: CounterFamily
  readonly attemptDuration: HistogramFamily
}

function createFamilies(registry: Registry): Families {
  const families = {
    requests: new CounterFamily(`${PREFIX}http_requests_total`, 'Requests answered'),
    duration: new HistogramFamily(`${PREFIX}http_request_duration_seconds`, 'From the request head to the end of the answer', BUCKETS),
    overhead: new HistogramFamily(`${PREFIX}http_overhead_seconds`, 'Time of a request that was not spent on an upstream', OVERHEAD_BUCKETS),
    attempts: new CounterFamily(`${PREFIX}upstream_requests_total`, 'Attempts at endpoints'),
    attemptDuration: new HistogramFamily(`${PREFIX}upstream_request_duration_seconds`, 'Duration of one attempt', BUCKETS)
  }
  for (const family of Object.values(families)) registry.registerMetric(family as never)
  return families
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

function upstreamSeries(upstream: string, { attempts, attemptDuration }: Families): Series<UpstreamMetrics> {
  const byOutcome = new Map<string, CounterSeries>()
  const took = attemptDuration.bind({ upstream })
  let removed = false
  return {
    metrics: {
      attempt(outcome, durationMs) {
        if (removed) return
        let counter = byOutcome.get(outcome)
        if (counter === undefined) byOutcome.set(outcome, (counter = attempts.bind({ upstream, outcome })))
        counter.count++
        took.observe(durationMs / 1000)
      }
    },
    remove() {
      removed = true
      for (const counter of byOutcome.values()) attempts.remove(counter)
      attemptDuration.remove(took)
    }
  }
}

/** @throws Error when a plugin uses a name with other labels than before. */
function createPluginCounters(registry: Registry): Metrics['pluginCounter'] {
  return (name, help, labels) => {
    const full = `${PREFIX}${name}`
    const found = registry.getSingleMetric(full)
    const labelNames = Object.keys(labels)
    const counter = found instanceof Counter ? found : new Counter({ name: full, help, labelNames, registers: [registry] })
    const child = counter.labels(labels)
    let removed = false
    return {
      metrics: {
        inc(by) {
          if (!removed) child.inc(by)
        }
      },
      remove() {
        removed = true
        counter.remove(labels)
      }
    }
  }
}
