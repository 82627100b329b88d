import type { Slots } from '../memory/slots.ts'
import {
  FIRST_PAGE,
  FREE_SLOT,
  HAND,
  KEY_UNITS,
  PAGE_BITS,
  PAGE_HINT,
  PAGE_SLOTS,
  SHARD_INTEGERS,
  SLOT_DOUBLES,
  SLOT_INTEGERS,
  type SharedMemory
} from './memory.ts'
import type { SharedLog } from './shared-log.ts'

/** Which integer of a slot is what, behind its four doubles. The hash of its key takes four. */
export const HASH = 8
/** In its bucket, or of the free ones; one more than the slot. */
export const NEXT = 12
/** 0 while the slot is free, otherwise the mark of its space. Written last of a new slot. */
export const MARK = 13
/** When it was asked about, in ticks of its shard. */
export const ASKED = 14
/** When it counts no longer, in ticks of time. */
export const EXPIRES = 15

export const NO_SLOT = -1

/**
 * Slots by number, in pages of 4 KiB that belong to one shard each, for good. All that is called for a shard needs its lock.
 * Reads as the slots of the memory store do, so that its states work on it.
 */
export class SharedSlots implements Pick<Slots, 'doublesOf' | 'offsetOf'> {
  readonly #memory: SharedMemory
  readonly #integers: Int32Array
  readonly #doubles: Float64Array
  readonly #at: number
  readonly #log: SharedLog

  constructor(memory: SharedMemory, log: SharedLog) {
    this.#memory = memory
    this.#integers = memory.integers
    this.#doubles = memory.doubles
    this.#at = memory.slotsAt
    this.#log = log
  }

  doublesOf(): Float64Array {
    return this.#doubles
  }

  offsetOf(slot: number): number {
    return (this.#at >> 1) + slot * SLOT_DOUBLES
  }

  /** Good until the next call. */
  logOf(slot: number): SharedLog {
    return this.#log.of(slot, this.shardOf(slot))
  }

  shardOf(slot: number): number {
    return (this.#integers[this.#memory.pageOwnersAt + (slot >>> PAGE_BITS)] as number) - 1
  }

  integer(slot: number, field: number): number {
    return this.#integers[this.#at + slot * SLOT_INTEGERS + field] as number
  }

  setInteger(slot: number, field: number, value: number): void {
    this.#integers[this.#at + slot * SLOT_INTEGERS + field] = value
  }

  /** One with an empty state; none when the shard has none and no page is left. */
  take(shard: number): number {
    const at = this.#memory.shardsAt + shard * SHARD_INTEGERS + FREE_SLOT
    if (this.#integers[at] === 0) this.#addPage(shard)
    const slot = (this.#integers[at] as number) - 1
    if (slot === NO_SLOT) return NO_SLOT
    this.#integers[at] = this.integer(slot, NEXT)
    const from = this.offsetOf(slot)
    for (let i = from; i < from + 4; i++) this.#doubles[i] = 0
    this.countKeys(shard, 1)
    return slot
  }

  giveBack(slot: number, shard: number): void {
    this.release(slot, shard)
    this.countKeys(shard, -1)
  }

  /** Among the free ones, without counting it. */
  release(slot: number, shard: number): void {
    const at = this.#memory.shardsAt + shard * SHARD_INTEGERS + FREE_SLOT
    this.setInteger(slot, MARK, 0)
    this.setInteger(slot, NEXT, this.#integers[at] as number)
    this.#integers[at] = slot + 1
  }

  countKeys(shard: number, keys: number): void {
    const { keysAt, unitsAt } = this.#memory
    this.#integers[keysAt + shard] = (this.#integers[keysAt + shard] as number) + keys
    this.#integers[unitsAt + shard] = (this.#integers[unitsAt + shard] as number) + keys * KEY_UNITS
  }

  /** The next one of the shard, and after the last one the first again; whether it is free or not. None when the shard has no page. */
  turnHand(shard: number): number {
    const { shardsAt, pageLinksAt } = this.#memory
    const line = shardsAt + shard * SHARD_INTEGERS
    const first = this.#integers[line + FIRST_PAGE] as number
    if (first === 0) return NO_SLOT
    // One more than the slot; 0 before the first look.
    let slot = this.#integers[line + HAND] as number
    if (slot % PAGE_SLOTS === 0) {
      const page = slot === 0 ? 0 : (this.#integers[pageLinksAt + (slot >>> PAGE_BITS) - 1] as number)
      slot = ((page === 0 ? first : page) - 1) * PAGE_SLOTS
    }
    this.#integers[line + HAND] = slot + 1
    return slot
  }

  /** Of a shard that just got this page, or that is mended. */
  linkPage(shard: number, page: number): void {
    const at = this.#memory.shardsAt + shard * SHARD_INTEGERS + FIRST_PAGE
    this.#integers[this.#memory.pageLinksAt + page] = this.#integers[at] as number
    this.#integers[at] = page + 1
  }

  #addPage(shard: number): void {
    const hasPage = this.#integers[this.#memory.shardsAt + shard * SHARD_INTEGERS + FIRST_PAGE] !== 0
    const page = hasPage ? this.#claimPage(shard) : shard
    if (page === -1) return
    this.linkPage(shard, page)
    for (let slot = (page + 1) * PAGE_SLOTS - 1; slot >= page * PAGE_SLOTS; slot--) this.release(slot, shard)
  }

  #claimPage(shard: number): number {
    const { pages, pageOwnersAt } = this.#memory
    for (let page = Atomics.load(this.#integers, PAGE_HINT); page < pages; page++) {
      if (Atomics.compareExchange(this.#integers, pageOwnersAt + page, 0, shard + 1) !== 0) continue
      Atomics.store(this.#integers, PAGE_HINT, page + 1)
      return page
    }
    return -1
  }
}
