import type { MetricObjectWithValues, MetricValueWithName, Registry } from 'prom-client'
import { labelText, type MetricSnapshot, widthOf } from './snapshot.ts'

type Told = MetricObjectWithValues<MetricValueWithName<string>>

/** Everything that a registry would expose now, in its order. `turn` is asked for after each series of ours and each metric of others. */
export async function snapshotRegistry(registry: Registry, turn: () => Promise<void> | null = () => null): Promise<readonly MetricSnapshot[]> {
  const snapshots: MetricSnapshot[] = []
  // Our own families stand in it as if they were prom-client's.
  for (const metric of registry.getMetricsAsArray() as readonly unknown[]) {
    snapshots.push(isOurs(metric) ? await inSteps(metric.snapshot(), turn) : told(await (metric as { get(): Promise<Told> }).get()))
    const pause = turn()
    if (pause !== null) await pause
  }
  return snapshots
}

/** What our metrics offer besides what prom-client's do. */
interface Ours {
  snapshot(): Generator<void, MetricSnapshot, undefined>
}

function isOurs(metric: unknown): metric is Ours {
  return typeof (metric as Partial<Ours>).snapshot === 'function'
}

async function inSteps(snapshot: ReturnType<Ours['snapshot']>, turn: () => Promise<void> | null): Promise<MetricSnapshot> {
  for (;;) {
    const { done, value } = snapshot.next()
    if (done === true) return value
    const pause = turn()
    if (pause !== null) await pause
  }
}

function told(metric: Told): MetricSnapshot {
  // prom-client's types name its kinds as an enum, its objects have texts.
  const type = metric.type as unknown as MetricSnapshot['type']
  const { name, help, values } = metric
  if (type === 'histogram') return toldHistogram(metric)
  return {
    name,
    help,
    type,
    bounds: null,
    labels: values.map(({ labels }) => labelText(labels)),
    values: Float64Array.from(values, ({ value }) => value)
  }
}

/** prom-client tells each bucket as a sample of its own, with all that is below it. */
function toldHistogram({ name, help, values }: Told): MetricSnapshot {
  const bounds = [...new Set(values.flatMap(({ labels }) => (typeof labels['le'] === 'number' ? [labels['le']] : [])))].toSorted((a, b) => a - b)
  const series = Map.groupBy(values, ({ labels }) => labelText({ ...labels, le: undefined }))
  const width = widthOf(bounds)
  const numbers = new Float64Array(series.size * width)
  for (const [index, samples] of [...series.values()].entries()) {
    const buckets = samples.filter(({ metricName }) => metricName === `${name}_bucket`).map(({ value }) => value)
    const sum = samples.find(({ metricName }) => metricName === `${name}_sum`)?.value ?? 0
    numbers.set([...buckets.map((value, i) => value - (buckets[i - 1] ?? 0)), sum], index * width)
  }
  return { name, help, type: 'histogram', bounds, labels: [...series.keys()], values: numbers }
}
