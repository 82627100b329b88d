/**
 * What was accepted within one window, by key. Two halves take turns: each is kept for at least one window after its last entry, so nothing
 * is forgotten while it could be sent again, and there is no timer. Each key has room of its own: one busy caller crowds out nobody.
 */
export class ReplayMemory {
  readonly #windowMs: number
  readonly #limit: number
  #young = new Map<string, Set<string>>()
  #old = new Map<string, Set<string>>()
  #since = -Infinity

  /**
   * @param windowMs How long a signature can be good.
   * @param limit Entries of one key in one window.
   */
  constructor(windowMs: number, limit: number) {
    this.#windowMs = windowMs
    this.#limit = limit
  }

  /** `full`: it is neither known nor could it be remembered. @param now Monotonic milliseconds. */
  remember(keyId: string, entry: string, now: number): 'new' | 'seen' | 'full' {
    this.#turn(now)
    if (this.#old.get(keyId)?.has(entry) === true) return 'seen'
    let entries = this.#young.get(keyId)
    if (entries === undefined) {
      entries = new Set()
      this.#young.set(keyId, entries)
    }
    if (entries.has(entry)) return 'seen'
    if (entries.size >= this.#limit) return 'full'
    entries.add(entry)
    return 'new'
  }

  get size(): number {
    let size = 0
    for (const half of [this.#young, this.#old]) for (const entries of half.values()) size += entries.size
    return size
  }

  #turn(now: number): void {
    const age = now - this.#since
    if (age < this.#windowMs) return
    this.#old = age < 2 * this.#windowMs ? this.#young : new Map<string, Set<string>>()
    this.#young = new Map()
    this.#since = now
  }
}
