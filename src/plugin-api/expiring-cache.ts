interface Entry<T> {
  readonly value: T
  readonly endMs: number
}

/** Remembers values, each for its time; beyond its size the oldest one is given up. Keep it in `deps.state` when it should survive a reload. */
export class ExpiringCache<T> {
  readonly #size: number
  readonly #entries = new Map<string, Entry<T>>()

  /** @param size Most entries. */
  constructor(size: number) {
    this.#size = size
  }

  /** @param now Milliseconds of the same clock as `endMs`. */
  get(key: string, now: number): T | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (now < entry.endMs) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  /** @param endMs From then on it is forgotten. */
  set(key: string, value: T, endMs: number): void {
    this.#entries.delete(key)
    if (this.#entries.size >= this.#size) {
      const [oldest] = this.#entries.keys()
      if (oldest !== undefined) this.#entries.delete(oldest)
    }
    this.#entries.set(key, { value, endMs })
  }

  get size(): number {
    return this.#entries.size
  }
}
