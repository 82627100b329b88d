/** Whoever takes turns. */
export interface TurnTaker {
  /** Others have come that wait: a long question is to be cut short. */
  hurry(): void
}

/**
 * The blocking queries that may run at a time, first come first served. An agent refuses more than 200 connections of one client
 * (`limits.http_max_conns_per_client`), so services beyond that have to take turns.
 */
export class Turns {
  readonly #limit: number
  readonly #takers = new Set<TurnTaker>()
  readonly #waiting: (() => void)[] = []
  #running = 0

  readonly #onCrowded: () => void

  /** @param onCrowded Told when there are more takers than turns, once each time. */
  constructor(limit: number, onCrowded: () => void) {
    this.#limit = limit
    this.#onCrowded = onCrowded
  }

  /** Whether there are more takers than turns: whoever has a turn should not keep it for long. */
  get isCrowded(): boolean {
    return this.#takers.size > this.#limit
  }

  join(taker: TurnTaker): void {
    this.#takers.add(taker)
    if (this.#takers.size !== this.#limit + 1) return
    this.#onCrowded()
    // Those before asked for as long as they liked.
    for (const other of this.#takers) other.hurry()
  }

  leave(taker: TurnTaker): void {
    this.#takers.delete(taker)
  }

  /** Calls back when it is the caller's turn, at once if it can be. Returns a function that gives up waiting. */
  take(run: () => void): () => void {
    if (this.#running < this.#limit) {
      this.#running++
      run()
      return () => {}
    }
    this.#waiting.push(run)
    return () => {
      const index = this.#waiting.indexOf(run)
      if (index !== -1) this.#waiting.splice(index, 1)
    }
  }

  /** Ends a turn. */
  give(): void {
    const next = this.#waiting.shift()
    if (next === undefined) this.#running--
    else next()
  }
}
