import type { Candidate } from './types.ts'

/**
 * A table for each of the last two lists, found by the list's identity. Two, because lists take turns: those of two zones, and the list
 * of a retry with the full one.
 */
export class ListTables<T> {
  readonly #build: (candidates: readonly Candidate[]) => T
  #latest: { readonly list: readonly Candidate[]; readonly table: T } | null = null
  #earlier: { readonly list: readonly Candidate[]; readonly table: T } | null = null

  constructor(build: (candidates: readonly Candidate[]) => T) {
    this.#build = build
  }

  of(candidates: readonly Candidate[]): T {
    const latest = this.#latest
    if (latest !== null && latest.list === candidates) return latest.table
    const earlier = this.#earlier
    this.#earlier = latest
    this.#latest = earlier !== null && earlier.list === candidates ? earlier : { list: candidates, table: this.#build(candidates) }
    return this.#latest.table
  }
}
