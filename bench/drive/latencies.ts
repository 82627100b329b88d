import { createHistogram } from 'node:perf_hooks'

const SHARES = { p50: 50, p99: 99, p999: 99.9 } as const

export type Percentiles = Readonly<Record<keyof typeof SHARES | 'max', number>>

/** Latencies to the microsecond. autocannon's own histogram counts whole milliseconds. */
export class Latencies {
  readonly #histogram = createHistogram({ lowest: 1, highest: 120_000_000, figures: 3 })

  record(ms: number): void {
    this.#histogram.record(Math.max(1, Math.round(ms * 1000)))
  }

  get count(): number {
    return this.#histogram.count
  }

  /** In milliseconds. */
  get percentiles(): Percentiles {
    const { p50, p99, p999 } = SHARES
    const at = (share: number): number => this.#histogram.percentile(share) / 1000
    return { p50: at(p50), p99: at(p99), p999: at(p999), max: this.#histogram.max / 1000 }
  }
}
