import type { Clock } from '../../plugin-api/types.ts'
import type { StateKind } from './space.ts'

const US_PER_MS = 1000

/** Both times in whole µs, read once for all limits of a request. */
export class StoreClock {
  readonly #clock: Clock
  /** Counted from here, so that µs stay exact however large the numbers of the clock are. */
  readonly #originMs: number
  #nowUs = 0
  #wallUs = Number.NaN

  constructor(clock: Clock) {
    this.#clock = clock
    this.#originMs = clock.now()
  }

  read(): void {
    this.#nowUs = Math.round((this.#clock.now() - this.#originMs) * US_PER_MS)
    this.#wallUs = Number.NaN
  }

  /** As of the last `read`. */
  get nowUs(): number {
    return this.#nowUs
  }

  /** The time that a state of this kind counts in, as of the last `read`. */
  timeUs(kind: StateKind): number {
    if (kind !== 'calendar-window') return this.#nowUs
    if (Number.isNaN(this.#wallUs)) this.#wallUs = Math.round(this.#clock.wall() * US_PER_MS)
    return this.#wallUs
  }
}
