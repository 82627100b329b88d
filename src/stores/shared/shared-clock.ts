import type { Clock } from '../../plugin-api/types.ts'
import { StoreClock } from '../store-clock.ts'
import { HAS_ORIGIN, ORIGIN_MS, WALL_ORIGIN_MS, type SharedMemory } from './memory.ts'

/**
 * All threads count from one origin and read their clocks only while they hold the locks of what they decide: so no decision is of an earlier
 * time than the one before it. To be called under a lock, as the first one sets the origin.
 */
export function sharedClock({ integers, doubles }: SharedMemory, clock: Clock): StoreClock {
  if (integers[HAS_ORIGIN] === 0) {
    doubles[ORIGIN_MS] = clock.now()
    doubles[WALL_ORIGIN_MS] = clock.wall()
    integers[HAS_ORIGIN] = 1
  }
  return new StoreClock(clock, { ms: doubles[ORIGIN_MS] as number, wallMs: doubles[WALL_ORIGIN_MS] as number })
}
