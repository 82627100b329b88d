import type { Clock } from '../plugin-api/index.ts'

/** How often is looked; what is measured by it is known to about this much. */
export const SWEEP_MS = 1_000

export interface Swept {
  /** About every `SWEEP_MS`, or what else its sweep was made with. */
  sweep(): void
}

/**
 * One timer for all that has to be looked at from time to time: joining and leaving cost a set's entry and no timer. The timer rests
 * while there is nothing to look at.
 */
export class Sweep {
  readonly #clock: Clock
  readonly #periodMs: number
  readonly #members = new Set<Swept>()
  #armed = false

  /** @param periodMs How often is looked. */
  constructor(clock: Clock, periodMs = SWEEP_MS) {
    this.#clock = clock
    this.#periodMs = periodMs
  }

  get size(): number {
    return this.#members.size
  }

  add(member: Swept): void {
    this.#members.add(member)
    if (this.#armed) return
    this.#armed = true
    this.#clock.after(this.#periodMs, this.#run)
  }

  remove(member: Swept): void {
    this.#members.delete(member)
  }

  readonly #run = (): void => {
    for (const member of this.#members) member.sweep()
    this.#armed = this.#members.size > 0
    if (this.#armed) this.#clock.after(this.#periodMs, this.#run)
  }
}
