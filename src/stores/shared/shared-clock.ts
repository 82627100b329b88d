import type { Clock } from '../../plugin-api/types.ts'
import type { StateKind } from '../memory/space.ts'
import { HAS_ORIGIN, ORIGIN_MS, WALL_ORIGIN_MS, type SharedMemory } from './memory.ts'

const US_PER_MS = 1000
/** Expiries are kept in ticks of 65.5 ms, which fit into 32 bits for four years. */
const TICK_US = 2 ** 16
const MOST_TICKS = 2 ** 31 - 1

/**
 * Both times in whole µs. All threads count from one origin and read their clocks only while they hold the locks of what they decide: so no
 * decision is of an earlier time than the one before it.
 */
export class SharedClock {
  readonly #clock: Clock
  readonly #originMs: number
  readonly #wallOriginUs: number
  #nowUs = 0
  #wallUs = Number.NaN

  /** Under a lock, as the first one sets the origin. */
  constructor(memory: SharedMemory, clock: Clock) {
    this.#clock = clock
    if (memory.integers[HAS_ORIGIN] === 0) {
      memory.doubles[ORIGIN_MS] = clock.now()
      memory.doubles[WALL_ORIGIN_MS] = clock.wall()
      memory.integers[HAS_ORIGIN] = 1
    }
    this.#originMs = memory.doubles[ORIGIN_MS] as number
    this.#wallOriginUs = (memory.doubles[WALL_ORIGIN_MS] as number) * US_PER_MS
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
