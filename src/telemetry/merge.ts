import { labelIn, type MetricSnapshot, widthOf } from './snapshot.ts'

/** The metrics of one thread. */
export interface MetricsPart {
  /** How the thread is called in the label `worker`. */
  readonly worker: string
  readonly metrics: readonly MetricSnapshot[]
}

/** `each`: every thread's own, told apart by the label `worker`. `first`: of the first part that has the metric. */
type MergeRule = 'sum' | 'max' | 'min' | 'each' | 'first'

/** Counters, histograms and gauges that count things are added up. What these say is not a count. */
const RULES: readonly (readonly [prefix: string, rule: MergeRule])[] = [
  // Of the process, the same in every thread.
  ['process_', 'first'],
  ['nodejs_version_info', 'first'],
  // Each thread has a heap and a loop of its own.
  ['nodejs_', 'each'],
  ['sallyport_event_loop_utilization', 'each'],
  // The supervisor's part comes first, and follows services for all; a worker only hears of changes.
  ['sallyport_discovery_', 'first'],
  // All workers have the same endpoints; they differ only until they have told each other.
  ['sallyport_upstream_endpoints', 'max'],
  ['sallyport_circuit_breaker_state', 'max'],
  ['sallyport_redis_up', 'min'],
  // Every worker takes over every configuration: one reload is one, and it is a good one when it was one for all.
  ['sallyport_config_last_reload_successful', 'min'],
  ['sallyport_config_', 'max']
]

export function mergeRule(name: string): MergeRule {
  return RULES.find(([prefix]) => name.startsWith(prefix))?.[1] ?? 'sum'
}

/** One metric of all parts on its way together. */
interface Merging {
  readonly first: MetricSnapshot
  readonly rule: MergeRule
  /** Which series of `values` is which. */
  readonly indexes: Map<string, number>
  readonly values: number[]
}

/** What the parts say together, metrics and series in the order in which they are first met. */
export function mergeMetrics(parts: readonly MetricsPart[]): readonly MetricSnapshot[] {
  const merging = new Map<string, Merging>()
  for (const { worker, metrics } of parts) {
    for (const metric of metrics) {
      let one = merging.get(metric.name)
      if (one === undefined) merging.set(metric.name, (one = { first: metric, rule: mergeRule(metric.name), indexes: new Map(), values: [] }))
      else if (one.rule === 'first') continue
      add(one, metric, worker)
    }
  }
  return Array.from(merging.values(), ({ first, indexes, values }) => ({ ...first, labels: [...indexes.keys()], values: Float64Array.from(values) }))
}

function add({ first, rule, indexes, values }: Merging, { labels, values: more }: MetricSnapshot, worker: string): void {
  const width = widthOf(first.bounds)
  for (const [series, own] of labels.entries()) {
    const text = rule === 'each' ? `${own}${own === '' ? '' : ','}worker="${worker}"` : own
    const at = series * width
    const index = indexes.get(text)
    if (index === undefined) {
      indexes.set(text, indexes.size)
      for (let i = 0; i < width; i++) values.push(more[at + i] as number)
      continue
    }
    for (let i = 0; i < width; i++) values[index * width + i] = combine(rule, values[index * width + i] as number, more[at + i] as number)
  }
}

function combine(rule: MergeRule, a: number, b: number): number {
  if (rule === 'max') return Math.max(a, b)
  return rule === 'min' ? Math.min(a, b) : a + b
}

/** Of a thread that is gone, what must go on to be counted: a sum that falls looks to Prometheus like a gateway that has begun anew. */
export function countsOf(metrics: readonly MetricSnapshot[]): readonly MetricSnapshot[] {
  return metrics.filter(({ name, type }) => type !== 'gauge' && mergeRule(name) === 'sum')
}

/** Without the series of routes and upstreams that are not there any more. */
export function withoutRemoved(metrics: readonly MetricSnapshot[], names: OwnerNames): readonly MetricSnapshot[] {
  return metrics.map((metric) => {
    const width = widthOf(metric.bounds)
    const kept = [...metric.labels.keys()].filter((index) => isThere(metric.labels[index] as string, names))
    if (kept.length === metric.labels.length) return metric
    const values = kept.flatMap((index) => [...metric.values.subarray(index * width, (index + 1) * width)])
    return { ...metric, labels: kept.map((index) => metric.labels[index] as string), values: Float64Array.from(values) }
  })
}

/** Routes, the one for what matches none among them, and upstreams. */
export interface OwnerNames {
  readonly routes: ReadonlySet<string>
  readonly upstreams: ReadonlySet<string>
}

function isThere(labels: string, { routes, upstreams }: OwnerNames): boolean {
  const route = labelIn(labels, 'route')
  const upstream = labelIn(labels, 'upstream')
  return (route === null || route === '' || routes.has(route)) && (upstream === null || upstream === '' || upstreams.has(upstream))
}
