import { type AdmissionLog, isSameCell } from '../../policy/limiter/admission-log.ts'
import type { LimitTerms } from '../../policy/limiter/terms.ts'
import { SEGMENT_UNITS, SLOT_INTEGERS, UNIT_BYTES, type SharedMemory } from './memory.ts'
import { ENTRIES, NO_SEGMENT, type Segments } from './segments.ts'

/** Sums begin anew before doubles stop to count by one. */
const LARGEST_SUM = 2 ** 52

/** Integers of a slot with a log; links are one more than their segment. */
const HEAD = 0
const TAIL = 1
/** Where in the first segment the oldest entry is. */
const FIRST = 2
const COUNT = 3
/** Doubles: of all units admitted, and of those that were dropped again. */
const SUM = 2
const DROPPED = 3

/**
 * The log of a slot, as `SlidingLog` is one of the heap: who was admitted when, and the sum of all units up to then. Its entries lie in linked
 * segments, without a gap. One object for all: `of` says whose log it is.
 * Its writes are in such an order that it can be mended wherever its writer dies: an entry counts by its sum alone, which is more than the one
 * before.
 */
export class SharedLog implements AdmissionLog {
  readonly #segments: Segments
  readonly #integers: Int32Array
  readonly #doubles: Float64Array
  readonly #slotsAt: number
  #shard = 0
  #at = 0

  constructor(memory: SharedMemory, segments: Segments) {
    this.#segments = segments
    this.#integers = memory.integers
    this.#doubles = memory.doubles
    this.#slotsAt = memory.slotsAt
  }

  of(slot: number, shard: number): this {
    this.#shard = shard
    this.#at = this.#slotsAt + slot * SLOT_INTEGERS
    return this
  }

  get total(): number {
    return this.#double(SUM) - this.#double(DROPPED)
  }

  get entries(): number {
    return this.#integers[this.#at + COUNT] as number
  }

  get bytes(): number {
    return this.#segmentCount() * SEGMENT_UNITS * UNIT_BYTES
  }

  get newestUs(): number {
    return this.entries === 0 ? -Infinity : this.#segments.timeUs(this.#tail, this.#lastEntry())
  }

  /** As that of the heap: a full log, a cell of time, and here a pool that is used up put units on the newest entry and make it later. */
  add(timeUs: number, cost: number, { maxEntries, cellUs }: Pick<LimitTerms, 'maxEntries' | 'cellUs'>): void {
    if (this.#double(SUM) + cost > LARGEST_SUM) this.#rebase()
    const sum = this.#double(SUM) + cost
    const isNew = this.entries === 0 || (this.entries < maxEntries && !isSameCell(this.newestUs, timeUs, cellUs))
    if (!(isNew && this.#push(timeUs, sum))) {
      if (this.entries === 0) return
      this.#segments.setPair(this.#tail, this.#lastEntry(), timeUs, sum)
    }
    this.#setDouble(SUM, sum)
  }

  takeBack(units: number): void {
    const sum = Math.max(this.#double(DROPPED), this.#double(SUM) - units)
    while (this.entries > 0 && this.#sumBeforeNewest() >= sum) this.#pop()
    if (this.entries === 0) return
    this.#segments.setPair(this.#tail, this.#lastEntry(), this.newestUs, sum)
    this.#setDouble(SUM, sum)
  }

  dropUntil(timeUs: number): boolean {
    if (this.entries === 0) return false
    if (this.newestUs <= timeUs) {
      this.clear()
      return true
    }
    const segments = this.#segments
    let isDropped = false
    // The newest stays, so both loops end.
    while (this.#head !== this.#tail && segments.timeUs(this.#head, ENTRIES - 1) <= timeUs) {
      this.#dropHead()
      isDropped = true
    }
    const first = this.#integers[this.#at + FIRST] as number
    let entry = first
    while (segments.timeUs(this.#head, entry) <= timeUs) entry++
    if (entry === first) return isDropped
    this.#setDouble(DROPPED, segments.sum(this.#head, entry - 1))
    this.#integers[this.#at + FIRST] = entry
    this.#integers[this.#at + COUNT] = this.entries - (entry - first)
    return true
  }

  timeOfUnitUs(unit: number): number {
    const segments = this.#segments
    const sum = this.#double(DROPPED) + unit
    let segment = this.#head
    let entry = this.#integers[this.#at + FIRST] as number
    while (segment !== this.#tail && segments.sum(segment, ENTRIES - 1) < sum) {
      segment = segments.next(segment)
      entry = 0
    }
    const last = segment === this.#tail ? this.#lastEntry() : ENTRIES - 1
    while (entry < last && segments.sum(segment, entry) < sum) entry++
    return segments.timeUs(segment, entry)
  }

  moveBack(us: number): void {
    this.#rewrite(us, 0)
  }

  /** Gives all back, however long it is, at once. */
  clear(): void {
    const [head, tail, count] = [this.#head, this.#tail, this.#segmentCount()]
    this.#integers[this.#at + COUNT] = 0
    this.#integers[this.#at + HEAD] = 0
    this.#integers[this.#at + TAIL] = 0
    this.#integers[this.#at + FIRST] = 0
    this.#setDouble(SUM, 0)
    this.#setDouble(DROPPED, 0)
    if (count > 0) this.#segments.giveBack(this.#shard, head, tail, count)
  }

  /**
   * Makes sense of what a dead writer has left: counts its entries again.
   * @param keep Told of each segment that is in use; false when it cannot belong to this log.
   */
  mend(keep: (segment: number) => boolean): void {
    const segments = this.#segments
    const at = this.#at
    let [sum, count, tail, entry] = [0, 0, NO_SEGMENT, Math.min(ENTRIES - 1, Math.max(0, this.#integers[at + FIRST] as number))]
    const first = entry
    for (let segment = this.#head; segment !== NO_SEGMENT && segments.sum(segment, entry) > sum && keep(segment); entry = 0) {
      for (; entry < ENTRIES && segments.sum(segment, entry) > sum; entry++, count++) sum = segments.sum(segment, entry)
      segments.setPrevious(segment, tail)
      tail = segment
      segment = entry < ENTRIES ? NO_SEGMENT : segments.next(segment)
    }
    if (tail !== NO_SEGMENT) segments.setNext(tail, NO_SEGMENT)
    else this.#integers[at + HEAD] = 0
    this.#integers[at + TAIL] = tail + 1
    this.#integers[at + FIRST] = count === 0 ? 0 : first
    this.#integers[at + COUNT] = count
    this.#setDouble(SUM, sum)
    if (sum < this.#double(DROPPED) || count === 0) this.#setDouble(DROPPED, 0)
  }

  get #head(): number {
    return (this.#integers[this.#at + HEAD] as number) - 1
  }

  get #tail(): number {
    return (this.#integers[this.#at + TAIL] as number) - 1
  }

  #double(field: number): number {
    return this.#doubles[(this.#at >> 1) + field] as number
  }

  #setDouble(field: number, value: number): void {
    this.#doubles[(this.#at >> 1) + field] = value
  }

  /** Of the newest entry, in the last segment. */
  #lastEntry(): number {
    return ((this.#integers[this.#at + FIRST] as number) + this.entries - 1) % ENTRIES
  }

  #segmentCount(): number {
    return this.entries === 0 ? 0 : Math.ceil(((this.#integers[this.#at + FIRST] as number) + this.entries) / ENTRIES)
  }

  #push(timeUs: number, sum: number): boolean {
    const { entries } = this
    const entry = ((this.#integers[this.#at + FIRST] as number) + entries) % ENTRIES
    if (entries === 0 || entry === 0) {
      const segment = this.#segments.take(this.#shard)
      if (segment === NO_SEGMENT) return false
      this.#segments.setPair(segment, entry, timeUs, sum)
      this.#append(segment)
    } else this.#segments.setPair(this.#tail, entry, timeUs, sum)
    this.#integers[this.#at + COUNT] = entries + 1
    return true
  }

  #append(segment: number): void {
    if (this.entries === 0) this.#integers[this.#at + HEAD] = segment + 1
    else {
      this.#segments.setPrevious(segment, this.#tail)
      this.#segments.setNext(this.#tail, segment)
    }
    this.#integers[this.#at + TAIL] = segment + 1
  }

  #pop(): void {
    const segments = this.#segments
    const tail = this.#tail
    const entry = this.#lastEntry()
    if (this.entries === 1) {
      this.clear()
      return
    }
    segments.setPair(tail, entry, 0, 0)
    this.#setDouble(SUM, this.#sumAt(tail, entry - 1))
    this.#integers[this.#at + COUNT] = this.entries - 1
    if (entry > 0) return
    const previous = segments.previous(tail)
    segments.setNext(previous, NO_SEGMENT)
    this.#integers[this.#at + TAIL] = previous + 1
    segments.giveBack(this.#shard, tail, tail, 1)
  }

  #dropHead(): void {
    const head = this.#head
    const dropped = ENTRIES - (this.#integers[this.#at + FIRST] as number)
    this.#setDouble(DROPPED, this.#segments.sum(head, ENTRIES - 1))
    this.#integers[this.#at + FIRST] = 0
    this.#integers[this.#at + HEAD] = this.#segments.next(head) + 1
    this.#integers[this.#at + COUNT] = this.entries - dropped
    this.#segments.giveBack(this.#shard, head, head, 1)
  }

  #sumBeforeNewest(): number {
    return this.entries === 1 ? this.#double(DROPPED) : this.#sumAt(this.#tail, this.#lastEntry() - 1)
  }

  #sumAt(segment: number, entry: number): number {
    return entry < 0 ? this.#segments.sum(this.#segments.previous(segment), ENTRIES - 1) : this.#segments.sum(segment, entry)
  }

  #rebase(): void {
    const dropped = this.#double(DROPPED)
    this.#rewrite(0, dropped)
    this.#setDouble(SUM, this.#double(SUM) - dropped)
    this.#setDouble(DROPPED, 0)
  }

  /** All entries, earlier and with smaller sums by so much. */
  #rewrite(us: number, units: number): void {
    const segments = this.#segments
    let segment = this.#head
    let entry = this.#integers[this.#at + FIRST] as number
    for (let left = this.entries; left > 0; left--) {
      segments.setPair(segment, entry, segments.timeUs(segment, entry) - us, segments.sum(segment, entry) - units)
      if (++entry < ENTRIES) continue
      segment = segments.next(segment)
      entry = 0
    }
  }
}
