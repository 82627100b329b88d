import type { Clock } from '../plugin-api/index.ts'

/** How long one piece of work may hold up the requests that are being served. */
const SLICE_MS = 4
/** However quick the steps are: a clock that stands still must not mean that nobody else gets a turn. */
const STEPS = 500

/** Cuts long work into slices, between which the event loop serves requests. */
export class Pace {
  readonly #clock: Pick<Clock, 'now'>
  readonly #turn: () => Promise<void>
  #steps = 0
  #sinceMs: number

  constructor(clock: Pick<Clock, 'now'>, turn: () => Promise<void>) {
    this.#clock = clock
    this.#turn = turn
    this.#sinceMs = clock.now()
  }

  /** To be called after each step; what it returns is to be awaited, null when the work may go on at once. */
  step(): Promise<void> | null {
    if (++this.#steps < STEPS && this.#clock.now() - this.#sinceMs < SLICE_MS) return null
    return this.rest()
  }

  /** Does all steps of some work, in slices. Resolves to what it makes. */
  async finish<R>(work: Iterator<void, R, undefined>): Promise<R> {
    for (;;) {
      const { done, value } = work.next()
      if (done === true) return value
      const pause = this.step()
      if (pause !== null) await pause
    }
  }

  /** `items.map`, in slices. */
  async map<T, R>(items: readonly T[], make: (item: T) => R): Promise<R[]> {
    const made: R[] = []
    for (const item of items) {
      made.push(make(item))
      const pause = this.step()
      if (pause !== null) await pause
    }
    return made
  }

  /** Lets others have their turn now. */
  async rest(): Promise<void> {
    await this.#turn()
    this.#steps = 0
    this.#sinceMs = this.#clock.now()
  }
}
