import type { Space, Spaces } from '../spaces.ts'
import type { StoreClock } from '../store-clock.ts'
import { KeyIndex } from './key-index.ts'
import { KeyTurns } from './key-turns.ts'
import { ASKED, EXPIRES, HASH, NO_SLOT, SPACE, STATE, Slots } from './slots.ts'
import { SlotLogs } from './slot-logs.ts'
import { States } from './states.ts'

/** What a key takes besides its log: its slot, and its place in an index. Measured. */
const KEY_BYTES = 72
/** Keys that each new one looks at: more than one, so that what has expired becomes less while new keys come. */
const SWEPT_PER_KEY = 4
/** Keys of which the one goes that was not asked about for longest. */
const SAMPLE = 16

export interface LimitTableOptions {
  readonly maxKeys: number
  readonly maxBytes: number
  readonly clock: StoreClock
  readonly spaces: Spaces
  readonly onLiveEviction: () => void
}

/**
 * The keys of all rules within one bound. A full one gives up an expired key among the next sixteen, in turn, otherwise the one of them that was not
 * asked about for longest. An order of all keys would cost each decision several lines of memory, of keys that have nothing to do with it.
 */
export class LimitTable {
  readonly #options: LimitTableOptions
  readonly #slots = new Slots()
  readonly #index = new KeyIndex(this.#slots)
  readonly #turns = new KeyTurns()
  readonly #logs = new SlotLogs(this.#slots)
  readonly states = new States(this.#slots, this.#logs)
  #keys = 0
  /** Counts what was asked. */
  #tick = 0
  /** Slots that were looked at last: by new keys, and for one to give up. Each by turns of its own, or the groups of sixteen would change. */
  #swept = NO_SLOT
  #sampled = NO_SLOT
  #liveEvictions = 0
  #removals = 0

  constructor(options: LimitTableOptions) {
    this.#options = options
  }

  get keys(): number {
    return this.#keys
  }

  get bytes(): number {
    return this.#keys * KEY_BYTES + this.#logs.bytes
  }

  get liveEvictions(): number {
    return this.#liveEvictions
  }

  /** Changes with every slot that is given up: whoever holds one looks it up again. */
  get removals(): number {
    return this.#removals
  }

  /** @param at Where in `hashes` the three words of the key are. */
  find(hashes: Int32Array, at: number): number {
    return this.#index.find(hashes, at)
  }

  /** Its key was asked about. */
  touch(slot: number): void {
    this.#tick = (this.#tick + 1) | 0
    this.#slots.setInteger(slot, ASKED, this.#tick)
  }

  /** A slot for a key that has none; others are given up for it where there is no room. To be filed as soon as something is recorded in it. */
  enter(space: Space, hashes: Int32Array, at: number): number {
    const { maxKeys, maxBytes } = this.#options
    for (let i = 0; i < SWEPT_PER_KEY; i++) this.#giveUpExpired()
    while (this.#keys > 0 && (this.#keys >= maxKeys || this.bytes + KEY_BYTES > maxBytes)) this.#evict(NO_SLOT)
    const slots = this.#slots
    const slot = slots.take()
    const integers = slots.integersOf(slot)
    const line = slots.integersAt(slot)
    for (let word = 0; word < HASH; word++) integers[line + word] = 0
    for (let word = 0; word < 3; word++) integers[line + HASH + word] = hashes[at + word] as number
    integers[line + SPACE] = space.number
    integers[line + STATE] = 0
    integers[line + EXPIRES] = 0
    this.#index.add(slot)
    this.#turns.add(slot)
    this.touch(slot)
    this.#keys++
    return slot
  }

  /** It is not looked at more closely before it may have expired. */
  file(slot: number): void {
    this.#file(slot, this.#spaceOf(slot), this.#resetUs(slot))
  }

  /** Others are given up for the log of a slot where it has no room. */
  makeRoom(slot: number): void {
    while (this.bytes > this.#options.maxBytes && this.#keys > 1) this.#evict(slot)
  }

  /** @param keep Not this one; there are others. */
  #evict(keep: number): void {
    const slots = this.#slots
    const keys = Math.min(SAMPLE, this.#keys - (keep === NO_SLOT ? 0 : 1))
    let [oldest, age] = [NO_SLOT, -1]
    for (let found = 0; found < keys;) {
      const slot = this.#turns.next(this.#sampled)
      this.#sampled = slot
      if (slot === keep) continue
      if (this.#isExpired(slot)) {
        this.#remove(slot)
        return
      }
      found++
      const since = (this.#tick - slots.integer(slot, ASKED)) >>> 0
      if (since <= age) continue
      age = since
      oldest = slot
    }
    // A reload may have made its window shorter than what was filed.
    const isLive = this.#resetUs(oldest) > 0
    this.#remove(oldest)
    if (!isLive) return
    this.#liveEvictions++
    this.#options.onLiveEviction()
  }

  #giveUpExpired(): void {
    const slot = this.#turns.next(this.#swept)
    this.#swept = slot
    if (slot !== NO_SLOT && this.#isExpired(slot)) this.#remove(slot)
  }

  /** What was filed is when it could have expired: it is filed again when more has come since. */
  #isExpired(slot: number): boolean {
    const space = this.#spaceOf(slot)
    if (!this.#options.clock.isPast(space.kind, this.#slots.integer(slot, EXPIRES))) return false
    const resetUs = this.#resetUs(slot)
    if (resetUs > 0) this.#file(slot, space, resetUs)
    return resetUs === 0
  }

  #file(slot: number, { kind }: Space, afterUs: number): void {
    this.#slots.setInteger(slot, EXPIRES, afterUs > 0 ? this.#options.clock.tickAfter(kind, afterUs) : 0)
  }

  #spaceOf(slot: number): Space {
    return this.#options.spaces.withNumber(this.#slots.integer(slot, SPACE))
  }

  #resetUs(slot: number): number {
    const { kind, terms } = this.#spaceOf(slot)
    return this.states.resetUs(kind, terms, slot, this.#options.clock.timeUs(kind))
  }

  #remove(slot: number): void {
    if (this.#spaceOf(slot).kind === 'sliding-window') this.#logs.clear(slot)
    this.#index.remove(slot)
    this.#turns.remove(slot)
    this.#slots.giveBack(slot)
    this.#keys--
    this.#removals++
  }
}
