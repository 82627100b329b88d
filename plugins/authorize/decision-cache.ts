const MOST_DECISIONS = 10_000

interface Decision {
  readonly allowed: boolean
  readonly atMs: number
}

/** What was decided a short while ago; of many questions the latest. */
export class DecisionCache {
  readonly #lifeMs: number
  readonly #decisions = new Map<string, Decision>()

  /** @param lifeMs 0 remembers nothing */
  constructor(lifeMs: number) {
    this.#lifeMs = lifeMs
  }

  get isOff(): boolean {
    return this.#lifeMs === 0
  }

  /** @param nowMs monotonic */
  get(id: string, nowMs: number): boolean | undefined {
    const decision = this.#decisions.get(id)
    return decision !== undefined && nowMs - decision.atMs < this.#lifeMs ? decision.allowed : undefined
  }

  set(id: string, allowed: boolean, nowMs: number): void {
    if (this.isOff) return
    this.#decisions.delete(id)
    const [oldest] = this.#decisions.keys()
    if (oldest !== undefined && this.#decisions.size >= MOST_DECISIONS) this.#decisions.delete(oldest)
    this.#decisions.set(id, { allowed, atMs: nowMs })
  }

  get size(): number {
    return this.#decisions.size
  }
}
