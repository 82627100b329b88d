import { kindOfMark } from './shared-spaces.ts'
import { releaseLocksOf, SharedLocks } from './lock.ts'
import { DIRTY, FIRST_PAGE, FREE_SEGMENT, FREE_SLOT, HAND, LOCK, openSharedMemory, PAGE_SLOTS, SHARD_INTEGERS, type SharedMemory } from './memory.ts'
import { Segments } from './segments.ts'
import { SharedIndex } from './shared-index.ts'
import { SharedLog } from './shared-log.ts'
import { MARK, SharedSlots } from './shared-slots.ts'

/**
 * Frees what a worker held when its thread ended, so that the others go on. To be called after its 'exit' event, before its number is given to
 * another. A thread can be ended between any two writes: of a shard that it was at, all but the counts themselves is built anew.
 * What it was about to admit may count or not, as nobody was told; a count that was being written is taken as the higher one.
 * @returns how many locks it held
 */
export function recoverSharedLimits(buffer: SharedArrayBuffer, worker: number): number {
  const memory = openSharedMemory(buffer)
  const { integers, shardsAt, shards } = memory
  return releaseLocksOf(worker, integers, { first: shardsAt + LOCK, stride: SHARD_INTEGERS, count: shards }, (shard) => {
    new ShardRepair(memory, shard, worker).run()
  })
}

class ShardRepair {
  readonly #memory: SharedMemory
  readonly #shard: number
  readonly #segments: Segments
  readonly #slots: SharedSlots
  readonly #index: SharedIndex
  readonly #used: Uint8Array

  constructor(memory: SharedMemory, shard: number, worker: number) {
    this.#memory = memory
    this.#shard = shard
    // Nothing that waits for a lock is called.
    this.#segments = new Segments(memory, new SharedLocks(memory.integers, memory.shardsAt + LOCK, SHARD_INTEGERS, worker))
    this.#slots = new SharedSlots(memory, new SharedLog(memory, this.#segments))
    this.#index = new SharedIndex(memory, this.#slots)
    this.#used = new Uint8Array(memory.segments)
  }

  run(): void {
    const { integers, shardsAt, keysAt, unitsAt } = this.#memory
    const line = shardsAt + this.#shard * SHARD_INTEGERS
    const dirty = (integers[line + DIRTY] as number) - 1
    for (const field of [FREE_SLOT, FREE_SEGMENT, FIRST_PAGE, HAND, DIRTY]) integers[line + field] = 0
    integers[keysAt + this.#shard] = 0
    integers[unitsAt + this.#shard] = 0
    this.#index.clear(this.#shard)
    this.#eachOwned(this.#memory.pageOwnersAt, this.#memory.pages, (page) => this.#mendPage(page, dirty))
    this.#eachOwned(this.#memory.segmentOwnersAt, this.#memory.segments, (segment) => {
      if (this.#used[segment] === 0) this.#segments.release(this.#shard, segment, segment)
    })
  }

  /** Those of this shard. Pages and segments are taken in order, so the first that nobody owns ends them. */
  #eachOwned(ownersAt: number, count: number, visit: (number: number) => void): void {
    const { integers } = this.#memory
    for (let i = 0; i < count && integers[ownersAt + i] !== 0; i++) if (integers[ownersAt + i] === this.#shard + 1) visit(i)
  }

  #mendPage(page: number, dirty: number): void {
    const slots = this.#slots
    slots.linkPage(this.#shard, page)
    for (let slot = (page + 1) * PAGE_SLOTS - 1; slot >= page * PAGE_SLOTS; slot--) {
      const mark = slots.integer(slot, MARK)
      if (mark === 0) {
        slots.release(slot, this.#shard)
        continue
      }
      slots.countKeys(this.#shard, 1)
      const kind = kindOfMark(mark)
      if (kind === 'sliding-window') slots.logOf(slot).mend((segment) => this.#use(segment))
      else if (kind === 'gcra') this.#mendBucket(slot, slot === dirty)
      this.#index.add(this.#shard, slot)
    }
  }

  /** Its numbers are written in order, so that of one of which not all was written no more than a fraction of a unit is missing. */
  #mendBucket(slot: number, isDirty: boolean): void {
    const doubles = this.#slots.doublesOf()
    const at = this.#slots.offsetOf(slot)
    // A window of nothing is that of a new one that was never written to its end.
    if (!isDirty && (doubles[at + 3] as number) > 0) return
    doubles[at + 1] = (doubles[at + 1] as number) + 1
    doubles[at + 2] = 0
  }

  /** A log cannot have a segment of another shard or of another log. */
  #use(segment: number): boolean {
    if (this.#segments.owner(segment) !== this.#shard || this.#used[segment] !== 0) return false
    this.#used[segment] = 1
    this.#segments.count(this.#shard, 1)
    return true
  }
}
