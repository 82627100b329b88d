/** Whoever takes turns. */
export interface TurnTaker {
  /** Others have come that wait: a long question is to be cut short. */
  hurry(): void
}

export interface TurnsOptions {
  /** Turns at a time. */
  readonly limit: number
  /** Further ones for those that are known to have something to ask. */
  readonly reserve: number
  /** Told when there come to be more takers than turns, and when that is over. */
  readonly onCrowded: (isCrowded: boolean) => void
}

/**
 * The blocking queries that may run at a time, first come first served. An agent refuses more than 200 connections of one client
 * (`limits.http_max_conns_per_client`), so services beyond that have to take turns.
 */
export class Turns {
  readonly #options: TurnsOptions
  readonly #takers = new Set<TurnTaker>()
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  /** Whether there are more takers than turns: whoever has a turn should not keep it for long. */
  get isCrowded(): boolean {
    return this.#takers.size > this.#options.limit
  }

  join(taker: TurnTaker): void {
    this.#takers.add(taker)
    if (this.#takers.size !== this.#options.limit + 1) return
    this.#options.onCrowded(true)
    // Those before asked for as long as they liked.
    for (const other of this.#takers) other.hurry()
  }

  leave(taker: TurnTaker): void {
    const wasCrowded = this.isCrowded
    this.#takers.delete(taker)
    if (wasCrowded && !this.isCrowded) this.#options.onCrowded(false)
  }

  /** Calls back when it is the caller's turn, at once if it can be. Returns a function that gives up waiting. */
  take(run: () => void): () => void {
    return this.#take(run, this.#options.limit, false)
  }

  /** The same before all others that wait. */
  takeFirst(run: () => void): () => void {
    return this.#take(run, this.#options.limit + this.#options.reserve, true)
  }

  /** Ends a turn. */
  give(): void {
    this.#running--
    if (this.#running >= this.#options.limit) return
    const next = this.#waiting.shift()
    if (next === undefined) return
    this.#running++
    next()
  }

  #take(run: () => void, limit: number, isFirst: boolean): () => void {
    if (this.#running < limit) {
      this.#running++
      run()
      return () => {}
    }
    if (isFirst) this.#waiting.unshift(run)
    else this.#waiting.push(run)
    return () => {
      const index = this.#waiting.indexOf(run)
      if (index !== -1) this.#waiting.splice(index, 1)
    }
  }
}
