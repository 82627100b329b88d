import type { Clock } from '../plugin-api/types.ts'
import type { StateKind } from './spaces.ts'

const US_PER_MS = 1000
/** Expiries are kept in ticks of 65.5 ms, which fit into 32 bits for four years. */
const TICK_US = 2 ** 16
const MOST_TICKS = 2 ** 31 - 1

/** What the two times are counted from, so that µs stay exact however large the numbers of the clock are. */
export interface ClockOrigin {
  readonly ms: number
  readonly wallMs: number
}

/** Both times in whole µs, read once for all limits of a request. */
export class StoreClock {
  readonly #clock: Clock
  readonly #originMs: number
  readonly #wallOriginUs: number
  #nowUs = 0
  #wallUs = Number.NaN

  constructor(clock: Clock, origin: ClockOrigin) {
    this.#clock = clock
    this.#originMs = origin.ms
    this.#wallOriginUs = origin.wallMs * US_PER_MS
  }

  read(): void {
    this.#nowUs = Math.round((this.#clock.now() - this.#originMs) * US_PER_MS)
    this.#wallUs = Number.NaN
  }

  /** The time that a state of this kind counts in, as of the last `read`. */
  timeUs(kind: StateKind): number {
    if (kind !== 'calendar-window') return this.#nowUs
    if (Number.isNaN(this.#wallUs)) this.#wallUs = Math.round(this.#clock.wall() * US_PER_MS)
    return this.#wallUs
  }

  /** The first tick that is not before `timeUs + afterUs`. */
  tickAfter(kind: StateKind, afterUs: number): number {
    return Math.min(MOST_TICKS, Math.ceil((this.#sinceOriginUs(kind) + afterUs) / TICK_US))
  }

  isPast(kind: StateKind, tick: number): boolean {
    return tick * TICK_US <= this.#sinceOriginUs(kind)
  }

  #sinceOriginUs(kind: StateKind): number {
    return kind === 'calendar-window' ? this.timeUs(kind) - this.#wallOriginUs : this.#nowUs
  }
}
