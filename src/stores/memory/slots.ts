/** Few, so that what leads to them stays at hand; small, so that none is a pause to make. The system gives memory for what is used of one. */
const PAGE_BITS = 12
const PAGE_SLOTS = 1 << PAGE_BITS
/** A slot is a line of 64 bytes, as much as a processor fetches at once: four doubles, then eight integers. */
const DOUBLES_PER_SLOT = 8
const INTEGERS_PER_SLOT = 16

/** Which integer of the slot of a key is what. The hash takes three. `STATE` belongs to its state, as the doubles do. */
export const HASH = 8
/** In its bucket, or of the free ones; one more than the slot. */
export const NEXT = 11
export const SPACE = 12
export const STATE = 13
/** When it was asked about, in ticks of the table. */
export const ASKED = 14
/** It may count no longer from then on, in ticks of time. */
export const EXPIRES = 15

/** No slot: an end of a chain, or a key that is not there. */
export const NO_SLOT = -1

/**
 * The memory of a store, by numbered slots, for keys and for the logs of other slots. It lies in pages outside of the heap: an object for each
 * of a million keys would be millions of things for the garbage collector to move and to mark. Pages are added and never moved.
 */
export class Slots {
  readonly #doubles: Float64Array[] = []
  readonly #integers: Int32Array[] = []
  /** One more than the first free one, which leads to the next. */
  #free = 0
  #used = 0

  /** With whatever it was left with. */
  take(): number {
    if (this.#free === 0) {
      if (this.#used >>> PAGE_BITS === this.#integers.length) this.#addPage()
      return this.#used++
    }
    const slot = this.#free - 1
    this.#free = this.integer(slot, NEXT)
    return slot
  }

  giveBack(slot: number): void {
    this.setInteger(slot, NEXT, this.#free)
    this.#free = slot + 1
  }

  integer(slot: number, field: number): number {
    return this.integersOf(slot)[this.integersAt(slot) + field] as number
  }

  setInteger(slot: number, field: number, value: number): void {
    this.integersOf(slot)[this.integersAt(slot) + field] = value
  }

  /** The page with the integers of a slot, which begin at `integersAt`. */
  integersOf(slot: number): Int32Array {
    return this.#integers[slot >>> PAGE_BITS] as Int32Array
  }

  integersAt(slot: number): number {
    return (slot & (PAGE_SLOTS - 1)) * INTEGERS_PER_SLOT
  }

  /** The page with the doubles of a slot; its four, and four more of a slot without a key, begin at `offsetOf`. */
  doublesOf(slot: number): Float64Array {
    return this.#doubles[slot >>> PAGE_BITS] as Float64Array
  }

  offsetOf(slot: number): number {
    return (slot & (PAGE_SLOTS - 1)) * DOUBLES_PER_SLOT
  }

  #addPage(): void {
    const buffer = new ArrayBuffer(PAGE_SLOTS * DOUBLES_PER_SLOT * Float64Array.BYTES_PER_ELEMENT)
    this.#doubles.push(new Float64Array(buffer))
    this.#integers.push(new Int32Array(buffer))
  }
}
