import type { SlidingLog } from '../../policy/limiter/sliding-log.ts'

const PAGE_BITS = 10
const PAGE_SLOTS = 1 << PAGE_BITS
/** A slot is a line of 64 bytes, as much as a processor fetches at once: four doubles, then eight integers. */
const DOUBLES_PER_SLOT = 8
const INTEGERS_PER_SLOT = 16

/** Which integer of a slot is what. The last one belongs to its state, as the doubles do. */
export const HASH = 8
export const NEXT_IN_BUCKET = 9
/** Pairs of the slot before and the slot behind. */
export const RECENCY_LINKS = 10
export const EXPIRY_LINKS = 12
export const SPACE = 14
export const STATE = 15

/** No slot: an end of a chain, or a key that is not there. */
export const NO_SLOT = -1

interface Page {
  readonly doubles: Float64Array
  readonly integers: Int32Array
  readonly keys: string[]
  /** Null until one of its slots has a log. */
  logs: (SlidingLog | null)[] | null
}

/**
 * The memory of a store, by numbered slots. All but texts and long logs lies in pages outside of the heap: an object for each of a million keys
 * would be millions of things for the garbage collector to move and to mark. Pages are added and never moved. A slot without a key is memory
 * for the state of another one.
 */
export class Slots {
  readonly #pages: Page[] = []
  readonly #free: number[] = []
  #used = 0
  #logBytes = 0

  /** Of all logs, as last measured. */
  get logBytes(): number {
    return this.#logBytes
  }

  /** All its numbers are 0. */
  take(key: string): number {
    const slot = this.#free.pop() ?? this.#used++
    if (slot >>> PAGE_BITS >= this.#pages.length) this.#pages.push(newPage())
    const page = this.#pageOf(slot)
    page.keys[slot & (PAGE_SLOTS - 1)] = key
    const at = this.offsetOf(slot)
    page.doubles.fill(0, at, at + DOUBLES_PER_SLOT)
    return slot
  }

  giveBack(slot: number): void {
    this.#pageOf(slot).keys[slot & (PAGE_SLOTS - 1)] = ''
    this.#free.push(slot)
  }

  keyOf(slot: number): string {
    return this.#pageOf(slot).keys[slot & (PAGE_SLOTS - 1)] as string
  }

  integer(slot: number, field: number): number {
    return this.#pageOf(slot).integers[(slot & (PAGE_SLOTS - 1)) * INTEGERS_PER_SLOT + field] as number
  }

  setInteger(slot: number, field: number, value: number): void {
    this.#pageOf(slot).integers[(slot & (PAGE_SLOTS - 1)) * INTEGERS_PER_SLOT + field] = value
  }

  /** The page with the doubles of a slot; its four, and four more of a slot without a key, begin at `offsetOf`. */
  doublesOf(slot: number): Float64Array {
    return this.#pageOf(slot).doubles
  }

  offsetOf(slot: number): number {
    return (slot & (PAGE_SLOTS - 1)) * DOUBLES_PER_SLOT
  }

  /** Of a slot that has one. */
  logOf(slot: number): SlidingLog {
    return (this.#pageOf(slot).logs as (SlidingLog | null)[])[slot & (PAGE_SLOTS - 1)] as SlidingLog
  }

  /** The first double of the slot is what the log was last measured to take. */
  setLog(slot: number, log: SlidingLog): void {
    const page = this.#pageOf(slot)
    page.logs ??= Array<SlidingLog | null>(PAGE_SLOTS).fill(null)
    page.logs[slot & (PAGE_SLOTS - 1)] = log
    page.doubles[this.offsetOf(slot)] = 0
    this.measureLog(slot)
  }

  measureLog(slot: number): void {
    const { doubles } = this.#pageOf(slot)
    const at = this.offsetOf(slot)
    const { bytes } = this.logOf(slot)
    this.#logBytes += bytes - (doubles[at] as number)
    doubles[at] = bytes
  }

  dropLog(slot: number): void {
    const page = this.#pageOf(slot)
    const at = this.offsetOf(slot)
    ;(page.logs as (SlidingLog | null)[])[slot & (PAGE_SLOTS - 1)] = null
    this.#logBytes -= page.doubles[at] as number
    page.doubles[at] = 0
  }

  #pageOf(slot: number): Page {
    return this.#pages[slot >>> PAGE_BITS] as Page
  }
}

function newPage(): Page {
  const buffer = new ArrayBuffer(PAGE_SLOTS * DOUBLES_PER_SLOT * Float64Array.BYTES_PER_ELEMENT)
  return { doubles: new Float64Array(buffer), integers: new Int32Array(buffer), keys: Array<string>(PAGE_SLOTS).fill(''), logs: null }
}
