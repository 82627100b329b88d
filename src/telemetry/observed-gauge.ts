import { labelText, type MetricSnapshot } from './snapshot.ts'

/** One series. */
export type Row = readonly [labels: Readonly<Record<string, string>>, value: number]

/**
 * A gauge that is read when it is scraped: what changes with every request is not counted twice. It stands in prom-client's registry, whose own
 * gauges hash the labels of each series with each scrape.
 */
export class ObservedGauge {
  readonly name: string
  readonly help: string
  readonly type = 'gauge'
  readonly aggregator = 'sum'
  readonly #read: () => Iterable<Row>

  /** @param read Best makes its rows as they are asked for: other work goes on between two of them. */
  constructor(name: string, help: string, read: () => Iterable<Row>) {
    this.name = name
    this.help = help
    this.#read = read
  }

  get() {
    const values = Array.from(this.#read(), ([labels, value]) => ({ labels, value }))
    return Promise.resolve({ name: this.name, help: this.help, type: this.type, aggregator: this.aggregator, values })
  }

  /** A step for each series. */
  *snapshot(): Generator<void, MetricSnapshot, undefined> {
    const labels: string[] = []
    const values: number[] = []
    for (const [names, value] of this.#read()) {
      labels.push(labelText(names))
      values.push(value)
      yield
    }
    return { name: this.name, help: this.help, type: this.type, bounds: null, labels, values: Float64Array.from(values) }
  }
}
