import { States } from '../memory/states.ts'
import { SharedLocks } from './lock.ts'
import { DIRTY, KEY_UNITS, LIVE_EVICTIONS, LOCK, SHARD_INTEGERS, TICK, UNIT_BYTES, type SharedMemory } from './memory.ts'
import { Segments } from './segments.ts'
import type { SharedClock } from './shared-clock.ts'
import { SharedIndex } from './shared-index.ts'
import { SharedLog } from './shared-log.ts'
import { SharedLogs } from './shared-logs.ts'
import { ASKED, EXPIRES, HASH, MARK, NO_SLOT, SharedSlots } from './shared-slots.ts'
import { kindOfMark, type SharedSpace, type SharedSpaces } from './shared-spaces.ts'

/** Slots that each new key looks at: more than one, so that what has expired becomes less while new keys come. */
const SWEPT_PER_KEY = 4
/** Keys of which the one goes that was not asked about for longest. */
const SAMPLE = 16
/** Slots that are looked at for a sample; some are free. */
const LOOKS = 64

/**
 * The keys of all rules in shared memory within one bound. A full one gives up an expired key among the next sixteen of the shard, in turn,
 * otherwise the one of them that was not asked about for longest. All that is called for a shard needs its lock; the bounds are of all shards
 * together, and may be passed by a key for each thread that adds one at the same moment.
 */
export class SharedTable {
  readonly #memory: SharedMemory
  readonly #spaces: SharedSpaces
  readonly #clock: SharedClock
  readonly #integers: Int32Array
  readonly #locks: SharedLocks
  readonly #slots: SharedSlots
  readonly #index: SharedIndex
  readonly states: States
  #removals = 0
  #unreported = 0

  constructor(memory: SharedMemory, { locks, spaces, clock }: { locks: SharedLocks; spaces: SharedSpaces; clock: SharedClock }) {
    this.#memory = memory
    this.#spaces = spaces
    this.#clock = clock
    this.#integers = memory.integers
    this.#locks = locks
    this.#slots = new SharedSlots(memory, new SharedLog(memory, new Segments(memory, locks)))
    this.#index = new SharedIndex(memory, this.#slots)
    this.states = new States(this.#slots, new SharedLogs(this.#slots))
  }

  /** Of all shards, without their locks: may be a little behind. */
  get keys(): number {
    return this.#sum(this.#memory.keysAt)
  }

  get bytes(): number {
    return this.#units * UNIT_BYTES
  }

  get liveEvictions(): number {
    let evictions = 0
    for (let shard = 0; shard < this.#memory.shards; shard++) evictions += this.#integers[this.#line(shard) + LIVE_EVICTIONS] as number
    return evictions
  }

  /** Changes with every slot that this thread gives up: whoever holds one looks it up again. */
  get removals(): number {
    return this.#removals
  }

  /** Live evictions of this thread since the last call. */
  takeUnreported(): number {
    const evictions = this.#unreported
    this.#unreported = 0
    return evictions
  }

  find(shard: number, hashes: Int32Array, at: number): number {
    return this.#index.find(shard, hashes, at)
  }

  /** Its key was asked about. */
  touch(shard: number, slot: number): void {
    const at = this.#line(shard) + TICK
    const tick = ((this.#integers[at] as number) + 1) | 0
    this.#integers[at] = tick
    this.#slots.setInteger(slot, ASKED, tick)
  }

  /** Its state is written next, until another one's is: it is not trusted if the writer dies meanwhile. */
  mark(shard: number, slot: number): void {
    this.#integers[this.#line(shard) + DIRTY] = slot + 1
  }

  /** No state is written any more. */
  unmark(shard: number): void {
    this.#integers[this.#line(shard) + DIRTY] = 0
  }

  /** A slot for a key that has none; others are given up for it where there is no room. To be filed as soon as something is recorded in it. */
  enter(shard: number, space: SharedSpace, hashes: Int32Array, at: number): number {
    for (let i = 0; i < SWEPT_PER_KEY; i++) this.#giveUpExpired(shard)
    while (this.keys >= this.#memory.maxKeys || this.#units + KEY_UNITS > this.#memory.maxUnits) if (!this.#evictAny(shard, NO_SLOT)) break
    let slot = this.#slots.take(shard)
    while (slot === NO_SLOT && this.#evict(shard, NO_SLOT)) slot = this.#slots.take(shard)
    for (let word = 0; word < 4; word++) this.#slots.setInteger(slot, HASH + word, hashes[at + word] as number)
    this.touch(shard, slot)
    this.#slots.setInteger(slot, EXPIRES, 0)
    this.#index.add(shard, slot)
    this.#slots.setInteger(slot, MARK, space.mark)
    return slot
  }

  /** @param afterUs From now until it counts no longer, if nothing more comes. */
  file(slot: number, space: SharedSpace, afterUs: number): void {
    this.#slots.setInteger(slot, EXPIRES, afterUs > 0 ? this.#clock.tickAfter(space.kind, afterUs) : 0)
  }

  /** Gives up others for what the log of this slot has grown by. */
  makeRoom(shard: number, slot: number): void {
    while (this.#units > this.#memory.maxUnits) if (!this.#evictAny(shard, slot)) return
  }

  get #units(): number {
    return this.#sum(this.#memory.unitsAt)
  }

  #sum(at: number): number {
    let sum = 0
    for (let shard = 0; shard < this.#memory.shards; shard++) sum += this.#integers[at + shard] as number
    return sum
  }

  #line(shard: number): number {
    return this.#memory.shardsAt + shard * SHARD_INTEGERS
  }

  #evictAny(shard: number, keep: number): boolean {
    if (this.#evict(shard, keep)) return true
    // Of this shard there is nothing else. What another holds is given up only where nobody is at it: waiting out of order might never end.
    for (let i = 1; i < this.#memory.shards; i++) {
      const other = (shard + i) & (this.#memory.shards - 1)
      if (!this.#locks.tryLock(other)) continue
      const isEvicted = this.#evict(other, NO_SLOT)
      this.#locks.unlock(other)
      if (isEvicted) return true
    }
    return false
  }

  /** False when the shard has no key but the one to keep. */
  #evict(shard: number, keep: number): boolean {
    const slots = this.#slots
    const tick = this.#integers[this.#line(shard) + TICK] as number
    const keys = (this.#integers[this.#memory.keysAt + shard] as number) - (keep === NO_SLOT ? 0 : 1)
    if (keys === 0) return false
    let [oldest, age, found] = [NO_SLOT, -1, 0]
    for (let looks = 0; found < Math.min(SAMPLE, keys) && (looks < LOOKS || found === 0); looks++) {
      const slot = slots.turnHand(shard)
      if (slot === keep || slots.integer(slot, MARK) === 0) continue
      if (this.#isExpired(slot)) return this.#remove(shard, slot)
      found++
      const since = (tick - slots.integer(slot, ASKED)) >>> 0
      if (since <= age) continue
      age = since
      oldest = slot
    }
    const at = this.#line(shard) + LIVE_EVICTIONS
    this.#integers[at] = (this.#integers[at] as number) + 1
    this.#unreported++
    return this.#remove(shard, oldest)
  }

  #giveUpExpired(shard: number): void {
    const slot = this.#slots.turnHand(shard)
    if (slot !== NO_SLOT && this.#slots.integer(slot, MARK) !== 0 && this.#isExpired(slot)) this.#remove(shard, slot)
  }

  /** By what was filed, and by the numbers that its rule has now, if this thread knows it: they may have come with a reload. */
  #isExpired(slot: number): boolean {
    const mark = this.#slots.integer(slot, MARK)
    const isPast = this.#clock.isPast(kindOfMark(mark), this.#slots.integer(slot, EXPIRES))
    const space = isPast ? this.#spaces.withMark(mark) : null
    if (space === null) return isPast
    const resetUs = this.states.resetUs(space.kind, space.terms, slot, this.#clock.timeUs(space.kind))
    if (resetUs > 0) this.file(slot, space, resetUs)
    return resetUs === 0
  }

  #remove(shard: number, slot: number): boolean {
    if (kindOfMark(this.#slots.integer(slot, MARK)) === 'sliding-window') this.#slots.logOf(slot).clear()
    this.#index.remove(shard, slot)
    this.#slots.giveBack(slot, shard)
    this.#removals++
    return true
  }
}

export function locksOf(memory: SharedMemory, worker: number): SharedLocks {
  return new SharedLocks(memory.integers, memory.shardsAt + LOCK, SHARD_INTEGERS, worker)
}
