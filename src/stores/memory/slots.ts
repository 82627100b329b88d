import type { SlidingLog } from '../../policy/limiter/sliding-log.ts'

const PAGE_BITS = 10
const PAGE_SLOTS = 1 << PAGE_BITS
/** A slot is a line of 64 bytes, as much as a processor fetches at once: four doubles, then eight integers. */
const DOUBLES_PER_SLOT = 8
const INTEGERS_PER_SLOT = 16

/** Which integer of a slot is what. */
export const HASH = 8
export const NEXT_IN_BUCKET = 9
/** Pairs of the slot before and the slot behind. */
export const RECENCY_LINKS = 10
export const EXPIRY_LINKS = 12
export const SPACE = 14
export const EXPIRY_CHAIN = 15

/** No slot: an end of a chain, or a key that is not there. */
export const NO_SLOT = -1

interface Page {
  readonly doubles: Float64Array
  readonly integers: Int32Array
  readonly keys: string[]
  readonly logs: (SlidingLog | null)[]
}

/**
 * The memory of a store, by numbered slots. All but texts and logs lies in pages outside of the heap: an object for each of a million keys
 * would be millions of things for the garbage collector to move and to mark. Pages are added and never moved.
 */
export class Slots {
  readonly #pages: Page[] = []
  readonly #free: number[] = []
  #used = 0

  take(key: string): number {
    const slot = this.#free.pop() ?? this.#used++
    if (slot >>> PAGE_BITS >= this.#pages.length) this.#pages.push(newPage())
    this.#pageOf(slot).keys[slot & (PAGE_SLOTS - 1)] = key
    const at = this.offsetOf(slot)
    this.doublesOf(slot).fill(0, at, at + DOUBLES_PER_SLOT)
    return slot
  }

  giveBack(slot: number): void {
    const page = this.#pageOf(slot)
    page.keys[slot & (PAGE_SLOTS - 1)] = ''
    page.logs[slot & (PAGE_SLOTS - 1)] = null
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

  /** The page with the doubles of a slot; its four begin at `offsetOf`. */
  doublesOf(slot: number): Float64Array {
    return this.#pageOf(slot).doubles
  }

  offsetOf(slot: number): number {
    return (slot & (PAGE_SLOTS - 1)) * DOUBLES_PER_SLOT
  }

  logOf(slot: number): SlidingLog | null {
    return this.#pageOf(slot).logs[slot & (PAGE_SLOTS - 1)] as SlidingLog | null
  }

  setLog(slot: number, log: SlidingLog): void {
    this.#pageOf(slot).logs[slot & (PAGE_SLOTS - 1)] = log
    this.doublesOf(slot)[this.offsetOf(slot)] = log.bytes
  }

  /** Of a slot with a log: what it has grown by since it was last measured; negative when it has shrunk. */
  measureLog(slot: number): number {
    const bytes = this.logOf(slot)?.bytes ?? 0
    const grown = bytes - this.logBytesOf(slot)
    this.doublesOf(slot)[this.offsetOf(slot)] = bytes
    return grown
  }

  /** As last measured; 0 of a slot without a log. */
  logBytesOf(slot: number): number {
    return this.logOf(slot) === null ? 0 : (this.doublesOf(slot)[this.offsetOf(slot)] as number)
  }

  #pageOf(slot: number): Page {
    return this.#pages[slot >>> PAGE_BITS] as Page
  }
}

function newPage(): Page {
  const buffer = new ArrayBuffer(PAGE_SLOTS * DOUBLES_PER_SLOT * Float64Array.BYTES_PER_ELEMENT)
  return {
    doubles: new Float64Array(buffer),
    integers: new Int32Array(buffer),
    keys: Array<string>(PAGE_SLOTS).fill(''),
    logs: Array<SlidingLog | null>(PAGE_SLOTS).fill(null)
  }
}
