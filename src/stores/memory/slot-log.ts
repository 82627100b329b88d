import { isSameCell, type AdmissionLog } from '../../policy/limiter/admission-log.ts'
import { SlidingLog } from '../../policy/limiter/sliding-log.ts'
import type { LimitTerms } from '../../policy/limiter/terms.ts'
import type { LargeLogs } from './large-logs.ts'
import { NO_SLOT, STATE, type Slots } from './slots.ts'

/** Of the slot of a key: three doubles, then two integers, and what `STATE` is. The oldest entry may be later than `OLDEST`, never earlier. */
const TOTAL = 0
const NEWEST = 1
const OLDEST = 2
const LAST_CHUNK = 6
const NEWEST_COST = 7
/** Of a chunk, which is a slot without a key: three pairs of a time and its units, then two links. */
const PAIRS = 3
const NEXT = 12
const BEFORE = 13
/** `STATE`: two bits for where the first chunk begins, two for the pairs of the last one, then how many pairs there are; or the log is an object. */
const AS_OBJECT = -1

/** Entries beyond, and larger costs, are the matter of an object, which finds a unit by bisection. */
const MOST_OLDER = 63
const LARGEST_COST = 2 ** 31 - 1

/** A slot, and what of a page may be empty. */
const CHUNK_BYTES = 72

const ALL = { maxEntries: Infinity, cellUs: 1 }

/**
 * The log of a key in slots: the newest entry and the time of the oldest one in the key's own, all others in a ring of chunks, the last of
 * which leads to the first. So a decision touches one line of memory, and one more to add: with a million keys it is those that cost time.
 * One object for all keys: it is loaded, works on numbers of its own, and is saved.
 */
export class SlotLog implements AdmissionLog {
  readonly #slots: Slots
  readonly #large: LargeLogs
  #chunks = 0
  #total = 0
  #newestUs = 0
  #newestCost = 0
  #oldestUs = 0
  #last = NO_SLOT
  #first = 0
  #inLast = 0
  #older = 0

  constructor(slots: Slots, large: LargeLogs) {
    this.#slots = slots
    this.#large = large
  }

  /** What the chunks of all keys take. */
  get bytes(): number {
    return this.#chunks * CHUNK_BYTES
  }

  get total(): number {
    return this.#total
  }

  get newestUs(): number {
    return this.#total === 0 ? -Infinity : this.#newestUs
  }

  isObject(slot: number): boolean {
    return this.#slots.integer(slot, STATE) === AS_OBJECT
  }

  /** Of a slot that is not there the log is empty. */
  load(slot: number): void {
    if (slot === NO_SLOT) {
      this.#reset()
      return
    }
    const slots = this.#slots
    const doubles = slots.doublesOf(slot)
    const at = slots.offsetOf(slot)
    const state = slots.integer(slot, STATE)
    this.#total = doubles[at + TOTAL] as number
    this.#newestUs = doubles[at + NEWEST] as number
    this.#oldestUs = doubles[at + OLDEST] as number
    this.#last = slots.integer(slot, LAST_CHUNK)
    this.#newestCost = slots.integer(slot, NEWEST_COST)
    this.#first = state & 3
    this.#inLast = (state >>> 2) & 3
    this.#older = state >>> 4
  }

  /** As an object, when it has become too large for a slot. */
  save(slot: number): void {
    const slots = this.#slots
    if (this.#older > MOST_OLDER || this.#newestCost > LARGEST_COST) {
      this.#large.add(slot, this.#toObject())
      slots.setInteger(slot, STATE, AS_OBJECT)
      return
    }
    const doubles = slots.doublesOf(slot)
    const at = slots.offsetOf(slot)
    doubles[at + TOTAL] = this.#total
    doubles[at + NEWEST] = this.#newestUs
    doubles[at + OLDEST] = this.#oldestUs
    slots.setInteger(slot, LAST_CHUNK, this.#last)
    slots.setInteger(slot, NEWEST_COST, this.#newestCost)
    slots.setInteger(slot, STATE, this.#first | (this.#inLast << 2) | (this.#older << 4))
  }

  /** Gives up all that a slot has. */
  clear(slot: number): void {
    if (this.isObject(slot)) {
      this.#large.remove(slot)
      this.load(NO_SLOT)
    } else {
      this.load(slot)
      this.#empty()
    }
    this.save(slot)
  }

  add(timeUs: number, cost: number, { maxEntries, cellUs }: Pick<LimitTerms, 'maxEntries' | 'cellUs'>): void {
    if (this.#total === 0) this.#oldestUs = timeUs
    else if (this.#older + 1 < maxEntries && !isSameCell(this.#newestUs, timeUs, cellUs)) {
      this.#push()
      this.#newestCost = 0
    }
    this.#newestUs = timeUs
    this.#newestCost += cost
    this.#total += cost
  }

  takeBack(units: number): void {
    if (units >= this.#total) {
      this.#empty()
      return
    }
    this.#total -= units
    let left = units
    while (left >= this.#newestCost) {
      left -= this.#newestCost
      this.#pop()
    }
    this.#newestCost -= left
  }

  dropUntil(timeUs: number): boolean {
    if (this.#total === 0 || this.#oldestUs > timeUs) return false
    if (this.#newestUs <= timeUs) {
      this.#empty()
      return true
    }
    const slots = this.#slots
    while (this.#older > 0) {
      const chunk = slots.integer(this.#last, NEXT)
      const at = slots.offsetOf(chunk) + 2 * this.#first
      const doubles = slots.doublesOf(chunk)
      this.#oldestUs = doubles[at] as number
      if (this.#oldestUs > timeUs) return true
      this.#total -= doubles[at + 1] as number
      this.#shift(chunk)
    }
    this.#oldestUs = this.#newestUs
    return true
  }

  timeOfUnitUs(unit: number): number {
    const slots = this.#slots
    let [chunk, place, left] = [this.#firstChunk(), this.#first, unit]
    for (let i = 0; i < this.#older; i++) {
      const at = slots.offsetOf(chunk) + 2 * place
      left -= slots.doublesOf(chunk)[at + 1] as number
      if (left <= 0) return slots.doublesOf(chunk)[at] as number
      if (++place < PAIRS) continue
      chunk = slots.integer(chunk, NEXT)
      place = 0
    }
    return this.#newestUs
  }

  moveBack(us: number): void {
    this.#each((doubles, at) => {
      doubles[at] = (doubles[at] as number) - us
    })
    this.#newestUs -= us
    this.#oldestUs -= us
  }

  /** All but the newest, from the oldest on. */
  #each(visit: (doubles: Float64Array, at: number) => void): void {
    const slots = this.#slots
    let [chunk, place] = [this.#firstChunk(), this.#first]
    for (let i = 0; i < this.#older; i++) {
      visit(slots.doublesOf(chunk), slots.offsetOf(chunk) + 2 * place)
      if (++place < PAIRS) continue
      chunk = slots.integer(chunk, NEXT)
      place = 0
    }
  }

  #firstChunk(): number {
    return this.#older === 0 ? NO_SLOT : this.#slots.integer(this.#last, NEXT)
  }

  #toObject(): SlidingLog {
    const log = new SlidingLog()
    this.#each((doubles, at) => log.add(doubles[at] as number, doubles[at + 1] as number, ALL))
    log.add(this.#newestUs, this.#newestCost, ALL)
    this.#empty()
    return log
  }

  #empty(): void {
    let chunk = this.#firstChunk()
    while (this.#older > 0) {
      const next = this.#slots.integer(chunk, NEXT)
      const isLast = chunk === this.#last
      this.#give(chunk)
      if (isLast) break
      chunk = next
    }
    this.#reset()
  }

  #reset(): void {
    this.#total = 0
    this.#newestCost = 0
    this.#older = 0
    this.#first = 0
    this.#inLast = 0
  }

  /** The newest entry goes to the end of the ring. */
  #push(): void {
    if (this.#older === 0 || this.#inLast === PAIRS) this.#addChunk()
    const doubles = this.#slots.doublesOf(this.#last)
    const at = this.#slots.offsetOf(this.#last) + 2 * this.#inLast
    doubles[at] = this.#newestUs
    doubles[at + 1] = this.#newestCost
    this.#inLast++
    this.#older++
  }

  /** The end of the ring becomes the newest entry. */
  #pop(): void {
    const slots = this.#slots
    const chunk = this.#last
    this.#inLast--
    this.#older--
    const at = slots.offsetOf(chunk) + 2 * this.#inLast
    this.#newestUs = slots.doublesOf(chunk)[at] as number
    this.#newestCost = slots.doublesOf(chunk)[at + 1] as number
    if (this.#older === 0) {
      this.#oldestUs = this.#newestUs
      this.#first = 0
      this.#inLast = 0
      this.#give(chunk)
    } else if (this.#inLast === 0) {
      this.#last = slots.integer(chunk, BEFORE)
      slots.setInteger(this.#last, NEXT, slots.integer(chunk, NEXT))
      this.#inLast = PAIRS
      this.#give(chunk)
    }
  }

  /** The oldest entry goes. @param chunk The first */
  #shift(chunk: number): void {
    this.#first++
    this.#older--
    if (this.#older === 0) {
      this.#first = 0
      this.#inLast = 0
      this.#give(chunk)
    } else if (this.#first === PAIRS) {
      this.#slots.setInteger(this.#last, NEXT, this.#slots.integer(chunk, NEXT))
      this.#first = 0
      this.#give(chunk)
    }
  }

  #addChunk(): void {
    const slots = this.#slots
    const chunk = slots.take()
    slots.setInteger(chunk, NEXT, this.#older === 0 ? chunk : slots.integer(this.#last, NEXT))
    if (this.#older > 0) {
      slots.setInteger(chunk, BEFORE, this.#last)
      slots.setInteger(this.#last, NEXT, chunk)
    }
    this.#last = chunk
    this.#inLast = 0
    this.#chunks++
  }

  #give(chunk: number): void {
    this.#slots.giveBack(chunk)
    this.#chunks--
  }
}
