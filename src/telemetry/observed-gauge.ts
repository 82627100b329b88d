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
        for (const [labels, value] of read()) this.set(labels, value)
      }
    })
  )
}
