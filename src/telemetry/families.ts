import { labelText, type MetricSnapshot, widthOf } from './snapshot.ts'

/**
 * Counters and histograms of the request path, exposed through prom-client's registry. prom-client hashes labels and keeps a map
 * entry per series, about 5 % of a profile of forwarded requests; here a bound series is an object with numbers in it.
 */
export type Labels = Readonly<Record<string, string>>

/** What prom-client's registry asks of a metric when it is scraped. */
export interface Sample {
  readonly metricName?: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

export abstract class Family<S extends { readonly labels: Labels } = { readonly labels: Labels }> {
  readonly name: string
  readonly help: string
  abstract readonly type: 'counter' | 'histogram'
  readonly aggregator = 'sum'
  /** With the text of their labels once a snapshot was taken; empty before. */
  protected readonly series = new Map<S, string>()
  abstract readonly bounds: readonly number[] | null

  constructor(name: string, help: string) {
    this.name = name
    this.help = help
  }

  /** Takes a series out of the exposition; what is still counted in it is not seen. */
  remove(series: S): void {
    this.series.delete(series)
  }

  get() {
    const values = [...this.series.keys()].flatMap((series) => this.samples(series))
    return Promise.resolve({ name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values })
  }

  /** A step for each series. */
  *snapshot(): Generator<void, MetricSnapshot, undefined> {
    const { name, help, type, bounds } = this
    const labels: string[] = []
    const width = widthOf(bounds)
    // There may be others by the end of it.
    const all = [...this.series.keys()]
    const values = new Float64Array(all.length * width)
    for (const series of all) {
      this.write(series, values, labels.length * width)
      labels.push(this.#textOf(series))
      yield
    }
    return { name, help, type, bounds, labels, values }
  }

  #textOf(series: S): string {
    const known = this.series.get(series)
    if (known !== undefined && known !== '') return known
    const text = labelText(series.labels)
    if (known !== undefined) this.series.set(series, text)
    return text
  }

  protected abstract samples(series: S): Sample[]

  /** The numbers of a series, into a snapshot. */
  protected abstract write(series: S, values: Float64Array, at: number): void
}

export interface CounterSeries {
  readonly labels: Labels
  count: number
}

export class CounterFamily extends Family<CounterSeries> {
  readonly type = 'counter'
  readonly bounds = null

  /** A new series; the caller keeps it and counts up `count`. Equal labels must not be bound twice at a time. */
  bind(labels: Labels): CounterSeries {
    const series = { labels, count: 0 }
    this.series.set(series, '')
    return series
  }

  protected samples({ labels, count }: CounterSeries): Sample[] {
    return [{ labels, value: count }]
  }

  protected write({ count }: CounterSeries, values: Float64Array, at: number): void {
    values[at] = count
  }
}

export class HistogramSeries {
  readonly labels: Labels
  readonly #bounds: readonly number[]
  /** Not cumulative; the last one is above every bound. */
  readonly counts: number[]
  sum = 0

  constructor(labels: Labels, bounds: readonly number[]) {
    this.labels = labels
    this.#bounds = bounds
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0)
  }

  observe(value: number): void {
    const bounds = this.#bounds
    let bucket = 0
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++
    this.counts[bucket] = (this.counts[bucket] as number) + 1
    this.sum += value
  }
}

export class HistogramFamily extends Family<HistogramSeries> {
  readonly type = 'histogram'
  readonly bounds: readonly number[]

  /** @param bounds Upper bounds of the buckets, ascending, without infinity. */
  constructor(name: string, help: string, bounds: readonly number[]) {
    super(name, help)
    this.bounds = bounds
  }

  bind(labels: Labels): HistogramSeries {
    const series = new HistogramSeries(labels, this.bounds)
    this.series.set(series, '')
    return series
  }

  protected samples({ labels, counts, sum }: HistogramSeries): Sample[] {
    let below = 0
    const buckets = counts.map((count, index) => {
      below += count
      return { metricName: `${this.name}_bucket`, labels: { le: this.bounds[index] ?? '+Inf', ...labels }, value: below }
    })
    return [...buckets, { metricName: `${this.name}_sum`, labels, value: sum }, { metricName: `${this.name}_count`, labels, value: below }]
  }
  protected write({ counts, sum }: HistogramSeries, values: Float64Array, at: number): void {
    values.set(counts, at)
    values[at + counts.length] = sum
  }
}
