import { Gauge, type Registry } from 'prom-client'

/** A gauge that is read when it is scraped: what changes with every request is not counted twice. */
export function observeGauge(
  registry: Registry,
  name: string,
  help: string,
  read: () => Iterable<readonly [labels: Readonly<Record<string, string>>, value: number]>,
  labelNames: readonly string[]
): void {
  registry.registerMetric(
    new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [],
      collect() {
        this.reset()
        // Of a gauge without labels a reset leaves a series that says 0.
        if (labelNames.length === 0) this.remove()
        for (const [labels, value] of read()) this.set(labels, value)
      }
    })
  )
}
