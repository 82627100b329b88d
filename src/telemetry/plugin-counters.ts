import type { Registry } from 'prom-client'
import type { BoundCounter } from '../plugin-api/index.ts'
import { CounterFamily, type CounterSeries, type Labels } from './families.ts'
import { labelText } from './snapshot.ts'

interface Known {
  readonly family: CounterFamily
  readonly labelNames: string
  readonly bound: Map<string, CounterSeries>
}

export interface PluginCounter {
  readonly metrics: BoundCounter
  remove(): void
}

/** Of Prometheus' data model; colons are for rules. */
const NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/

/**
 * Counters of plugins, which count on the request path. Equal names and labels give the same series.
 * @throws Error for a name or label that Prometheus does not take, a name that the gateway has itself, or other labels than before.
 */
export function createPluginCounters(registry: Registry, prefix: string): (name: string, help: string, labels: Labels) => PluginCounter {
  const families = new Map<string, Known>()

  const familyOf = (name: string, help: string, labels: Labels): Known => {
    const full = `${prefix}${name}`
    const names = Object.keys(labels).sort()
    const labelNames = names.join(', ')
    const known = families.get(full)
    if (known !== undefined) {
      if (known.labelNames !== labelNames) throw new Error(`the metric ${full} has the labels (${known.labelNames}), not (${labelNames})`)
      return known
    }
    for (const text of [full, ...names]) if (!NAME.test(text)) throw new Error(`"${text}" is no name for a metric or label`)
    const created: Known = { family: new CounterFamily(full, help), labelNames, bound: new Map() }
    registry.registerMetric(created.family as never)
    families.set(full, created)
    return created
  }

  return (name, help, labels) => {
    const { family, bound } = familyOf(name, help, labels)
    const key = labelText(labels)
    const series = bound.get(key) ?? family.bind(labels)
    bound.set(key, series)
    let removed = false
    return {
      metrics: {
        inc(by = 1) {
          if (!removed) series.count += by
        }
      },
      remove() {
        removed = true
        bound.delete(key)
        family.remove(series)
      }
    }
  }
}
