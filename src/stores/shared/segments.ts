import type { SharedLocks } from './lock.ts'
import { FREE_SEGMENT, SEGMENT_DOUBLES, SEGMENT_HINT, SEGMENT_INTEGERS, SEGMENT_UNITS, SHARD_INTEGERS, type SharedMemory } from './memory.ts'

/** Entries of a segment. */
export const ENTRIES = 15
/** Which integers of a segment link it. In a free one the first leads to the next free one. */
const NEXT = 60
const PREVIOUS = 61

/** No segment. */
export const NO_SEGMENT = -1

/**
 * What logs are made of: pieces for fifteen admissions out of one pool. Each belongs to the shard that took it first, and is taken by another
 * only when the pool is used up. All that is called for a shard needs its lock.
 */
export class Segments {
  readonly #memory: SharedMemory
  readonly #locks: SharedLocks
  readonly #integers: Int32Array
  readonly #doubles: Float64Array
  readonly #integersAt: number
  readonly #doublesAt: number

  constructor(memory: SharedMemory, locks: SharedLocks) {
    this.#memory = memory
    this.#locks = locks
    this.#integers = memory.integers
    this.#doubles = memory.doubles
    this.#integersAt = memory.segmentsAt
    this.#doublesAt = memory.segmentsAt / 2
  }

  /** An empty one without links; none when there is none left. */
  take(shard: number): number {
    let segment = this.#pop(shard)
    if (segment === NO_SEGMENT) segment = this.#claim(shard)
    if (segment === NO_SEGMENT) segment = this.#borrow(shard)
    if (segment === NO_SEGMENT) return NO_SEGMENT
    this.setNext(segment, NO_SEGMENT)
    this.setPrevious(segment, NO_SEGMENT)
    // A pair without a sum is none: so a log can be read again after its writer has died.
    const at = this.#doublesAt + segment * SEGMENT_DOUBLES
    this.#doubles.fill(0, at, at + 2 * ENTRIES)
    this.count(shard, 1)
    return segment
  }

  /** So many, linked from the first to the last. */
  giveBack(shard: number, first: number, last: number, count: number): void {
    this.release(shard, first, last)
    this.count(shard, -count)
  }

  /** Among the free ones, without counting them. */
  release(shard: number, first: number, last: number): void {
    const at = this.#memory.shardsAt + shard * SHARD_INTEGERS + FREE_SEGMENT
    this.setNext(last, (this.#integers[at] as number) - 1)
    this.#integers[at] = first + 1
  }

  count(shard: number, segments: number): void {
    const at = this.#memory.unitsAt + shard
    this.#integers[at] = (this.#integers[at] as number) + segments * SEGMENT_UNITS
  }

  next(segment: number): number {
    return (this.#integers[this.#integersAt + segment * SEGMENT_INTEGERS + NEXT] as number) - 1
  }

  setNext(segment: number, next: number): void {
    this.#integers[this.#integersAt + segment * SEGMENT_INTEGERS + NEXT] = next + 1
  }

  previous(segment: number): number {
    return (this.#integers[this.#integersAt + segment * SEGMENT_INTEGERS + PREVIOUS] as number) - 1
  }

  setPrevious(segment: number, previous: number): void {
    this.#integers[this.#integersAt + segment * SEGMENT_INTEGERS + PREVIOUS] = previous + 1
  }

  timeUs(segment: number, entry: number): number {
    return this.#doubles[this.#doublesAt + segment * SEGMENT_DOUBLES + 2 * entry] as number
  }

  sum(segment: number, entry: number): number {
    return this.#doubles[this.#doublesAt + segment * SEGMENT_DOUBLES + 2 * entry + 1] as number
  }

  setPair(segment: number, entry: number, timeUs: number, sum: number): void {
    const at = this.#doublesAt + segment * SEGMENT_DOUBLES + 2 * entry
    this.#doubles[at] = timeUs
    this.#doubles[at + 1] = sum
  }

  owner(segment: number): number {
    return (this.#integers[this.#memory.segmentOwnersAt + segment] as number) - 1
  }

  #pop(shard: number): number {
    const at = this.#memory.shardsAt + shard * SHARD_INTEGERS + FREE_SEGMENT
    const segment = (this.#integers[at] as number) - 1
    if (segment !== NO_SEGMENT) this.#integers[at] = this.next(segment) + 1
    return segment
  }

  /** The first that was never taken. */
  #claim(shard: number): number {
    const { segments, segmentOwnersAt } = this.#memory
    const from = Atomics.load(this.#integers, SEGMENT_HINT)
    for (let segment = from; segment < segments; segment++) {
      if (Atomics.compareExchange(this.#integers, segmentOwnersAt + segment, 0, shard + 1) !== 0) continue
      Atomics.store(this.#integers, SEGMENT_HINT, segment + 1)
      return segment
    }
    return NO_SEGMENT
  }

  /** A free one of another shard, of those whose lock nobody has. */
  #borrow(shard: number): number {
    const { shards, shardsAt, segmentOwnersAt } = this.#memory
    for (let i = 1; i < shards; i++) {
      const other = (shard + i) & (shards - 1)
      if (this.#integers[shardsAt + other * SHARD_INTEGERS + FREE_SEGMENT] === 0 || !this.#locks.tryLock(other)) continue
      const segment = this.#pop(other)
      if (segment !== NO_SEGMENT) this.#integers[segmentOwnersAt + segment] = shard + 1
      this.#locks.unlock(other)
      if (segment !== NO_SEGMENT) return segment
    }
    return NO_SEGMENT
  }
}
