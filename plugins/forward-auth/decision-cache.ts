import type { Admission } from './verdict.ts'

interface Entry {
  readonly admission: Admission
  readonly endMs: number
}

/** Remembers admissions, each for its time; beyond its size the oldest one is given up. Refusals are never remembered. */
export class DecisionCache {
  readonly #size: number
  readonly #entries = new Map<string, Entry>()

  constructor(size: number) {
    this.#size = size
  }

  /** @param now Monotonic milliseconds, as `endMs`. */
  get(key: string, now: number): Admission | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (now < entry.endMs) return entry.admission
    this.#entries.delete(key)
    return undefined
  }

  set(key: string, admission: Admission, endMs: number): void {
    this.#entries.delete(key)
    if (this.#entries.size >= this.#size) {
      const [oldest] = this.#entries.keys()
      if (oldest !== undefined) this.#entries.delete(oldest)
    }
    this.#entries.set(key, { admission, endMs })
  }

  get size(): number {
    return this.#entries.size
  }
}
