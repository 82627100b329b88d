/**
 * What outlives a generation: pools, balancers, counters, metric series. Each object belongs to a key and lives as long as some
 * generation holds a lease on it; an unchanged upstream keeps its connections through a reload, a removed one is closed.
 */
export interface StateRegistry {
  lease(): StateLease
  /** Keys that are alive, for tests and the admin API. */
  readonly keys: readonly string[]
}

/** One generation's hold on state. */
export interface StateLease {
  /** The object of that key, made when nobody has it yet. A key is always asked for with the same type. */
  take<T>(key: string, make: () => T, dispose?: (value: T) => void): T
  /** Runs when this lease is released, before its objects are given back. */
  onRelease(run: () => void): void
  /** Gives everything back, the latest first; objects that nobody else holds are disposed of. */
  release(): void
}

interface Entry {
  readonly value: unknown
  readonly dispose: ((value: never) => void) | undefined
  holders: number
}

export function createStateRegistry(): StateRegistry {
  const entries = new Map<string, Entry>()
  return {
    lease: () => createLease(entries),
    get keys() {
      return [...entries.keys()]
    }
  }
}

function createLease(entries: Map<string, Entry>): StateLease {
  const held = new Set<string>()
  const ends: (() => void)[] = []
  return {
    onRelease(run) {
      ends.push(run)
    },
    take<T>(key: string, make: () => T, dispose?: (value: T) => void): T {
      let entry = entries.get(key)
      if (entry === undefined) {
        entry = { value: make(), dispose: dispose as Entry['dispose'], holders: 0 }
        entries.set(key, entry)
      }
      if (!held.has(key)) {
        held.add(key)
        entry.holders++
      }
      return entry.value as T
    },
    release() {
      for (const run of ends.splice(0)) run()
      for (const key of [...held].toReversed()) {
        const entry = entries.get(key)
        if (entry === undefined || --entry.holders > 0) continue
        entries.delete(key)
        entry.dispose?.(entry.value as never)
      }
      held.clear()
    }
  }
}
