/**
 * What outlives a generation: pools, balancers, counters, metric series. Each object belongs to a key and lives as long as some
 * generation holds a lease on it; an unchanged upstream keeps its connections through a reload, a removed one is closed.
 */
export interface StateRegistry {
  lease(): LongLease
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

/** Of a generation, which may hold tens of thousands of objects. */
export interface LongLease extends StateLease {
  /** `release` in small steps. */
  releaseStepwise(): Iterator<void, void, undefined>
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

function createLease(entries: Map<string, Entry>): LongLease {
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
      const steps = giveBack(entries, held, ends)
      while (steps.next().done !== true);
    },
    releaseStepwise: () => giveBack(entries, held, ends)
  }
}

function* giveBack(entries: Map<string, Entry>, held: Set<string>, ends: (() => void)[]): Generator<void, void, undefined> {
  for (const run of ends.splice(0)) {
    run()
    yield
  }
  for (const key of [...held].toReversed()) {
    // At once: what is given back is not held any more, however many turns the rest takes.
    held.delete(key)
    const entry = entries.get(key)
    if (entry !== undefined && --entry.holders === 0) {
      entries.delete(key)
      entry.dispose?.(entry.value as never)
    }
    yield
  }
}
