import { HASH, NEXT, NO_SLOT, type Slots } from './slots.ts'

const PAGE_BITS = 14
const PAGE_BUCKETS = 1 << PAGE_BITS

/**
 * Which slot has a key. Linear hashing: each key that comes splits one bucket of all in two, so that there is always about one key in a bucket and
 * no insertion has more to move than that. V8's own Map is rebuilt as it grows, which with a million keys is a pause of 100 ms.
 */
export class KeyIndex {
  readonly #slots: Slots
  /** First slots of the buckets, one more than the slot: fresh memory is 0, which is none. */
  readonly #pages: Int32Array[] = []
  #buckets = 0
  /** How many buckets there were when the current round of splits began; a power of two. */
  #round = 1
  #size = 0

  constructor(slots: Slots) {
    this.#slots = slots
  }

  /** @param at Where in `hashes` the three words of the key are. */
  find(hashes: Int32Array, at: number): number {
    if (this.#size === 0) return NO_SLOT
    const slots = this.#slots
    const h0 = hashes[at] as number
    let slot = this.#first(this.#bucketOf(h0))
    while (slot !== NO_SLOT) {
      const integers = slots.integersOf(slot)
      const line = slots.integersAt(slot)
      if (integers[line + HASH] === h0 && integers[line + HASH + 1] === hashes[at + 1] && integers[line + HASH + 2] === hashes[at + 2]) return slot
      slot = (integers[line + NEXT] as number) - 1
    }
    return NO_SLOT
  }

  /** A slot with its hash, that is not yet there. */
  add(slot: number): void {
    if (++this.#size > this.#buckets) this.#split()
    this.#put(this.#bucketOf(this.#slots.integer(slot, HASH)), slot)
  }

  /** A slot that is there. Buckets stay: a store that was full will be so again. */
  remove(slot: number): void {
    const slots = this.#slots
    const bucket = this.#bucketOf(slots.integer(slot, HASH))
    const next = slots.integer(slot, NEXT)
    let before = this.#first(bucket)
    if (before === slot) this.#setFirst(bucket, next)
    else {
      while (slots.integer(before, NEXT) !== slot + 1) before = slots.integer(before, NEXT) - 1
      slots.setInteger(before, NEXT, next)
    }
    this.#size--
  }

  #split(): void {
    const to = this.#buckets++
    if (to >>> PAGE_BITS === this.#pages.length) this.#pages.push(new Int32Array(PAGE_BUCKETS))
    // The first one comes of none.
    if (to === 0) return
    const from = to - this.#round
    let slot = this.#first(from)
    this.#setFirst(from, 0)
    while (slot !== NO_SLOT) {
      const next = this.#slots.integer(slot, NEXT) - 1
      this.#put((this.#slots.integer(slot, HASH) & this.#round) === 0 ? from : to, slot)
      slot = next
    }
    if (this.#buckets === 2 * this.#round) this.#round *= 2
  }

  #put(bucket: number, slot: number): void {
    this.#slots.setInteger(slot, NEXT, this.#first(bucket) + 1)
    this.#setFirst(bucket, slot + 1)
  }

  #bucketOf(hash: number): number {
    const bucket = hash & (2 * this.#round - 1)
    return bucket < this.#buckets ? bucket : bucket - this.#round
  }

  #first(bucket: number): number {
    return ((this.#pages[bucket >>> PAGE_BITS] as Int32Array)[bucket & (PAGE_BUCKETS - 1)] as number) - 1
  }

  #setFirst(bucket: number, value: number): void {
    const page = this.#pages[bucket >>> PAGE_BITS] as Int32Array
    page[bucket & (PAGE_BUCKETS - 1)] = value
  }
}
