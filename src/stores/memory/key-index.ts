import { HASH, NEXT_IN_BUCKET, NO_SLOT, SPACE, type Slots } from './slots.ts'

const PAGE_BITS = 10
const PAGE_BUCKETS = 1 << PAGE_BITS

/**
 * Which slot has a key. Linear hashing: each key that comes splits one bucket of all in two, so that there is always about one key in a bucket and
 * no insertion has more to move than that. V8's own Map is rebuilt as it grows, which with a million keys is a pause of 100 ms.
 */
export class KeyIndex {
  readonly #slots: Slots
  readonly #seed: number
  /** Odd. Multiplying by a number that nobody knows is what keeps others from preparing keys that all fall into one bucket. */
  readonly #multiplier: number
  /** First slots of the buckets. */
  readonly #pages: Int32Array[] = [new Int32Array(PAGE_BUCKETS).fill(NO_SLOT)]
  #buckets = 1
  /** How many buckets there were when the current round of splits began; a power of two. */
  #round = 1
  #size = 0

  constructor(slots: Slots, seed: number) {
    this.#slots = slots
    this.#seed = mixed(seed)
    this.#multiplier = mixed(seed + 1) | 1
  }

  find(space: number, key: string): number {
    const slots = this.#slots
    const hash = this.#hashOf(space, key)
    let slot = this.#first(this.#bucketOf(hash))
    while (slot !== NO_SLOT) {
      if (slots.integer(slot, HASH) === hash && slots.integer(slot, SPACE) === space && slots.keyOf(slot) === key) return slot
      slot = slots.integer(slot, NEXT_IN_BUCKET)
    }
    return NO_SLOT
  }

  /** A slot whose key is not yet there. */
  add(slot: number): void {
    const hash = this.#hashOf(this.#slots.integer(slot, SPACE), this.#slots.keyOf(slot))
    this.#slots.setInteger(slot, HASH, hash)
    this.#put(this.#bucketOf(hash), slot)
    if (++this.#size > this.#buckets) this.#split()
  }

  /** A slot that is there. Buckets stay: a store that was full will be so again. */
  remove(slot: number): void {
    const slots = this.#slots
    const bucket = this.#bucketOf(slots.integer(slot, HASH))
    const next = slots.integer(slot, NEXT_IN_BUCKET)
    let before = this.#first(bucket)
    if (before === slot) this.#setFirst(bucket, next)
    else {
      while (slots.integer(before, NEXT_IN_BUCKET) !== slot) before = slots.integer(before, NEXT_IN_BUCKET)
      slots.setInteger(before, NEXT_IN_BUCKET, next)
    }
    this.#size--
  }

  #split(): void {
    const from = this.#buckets - this.#round
    const to = this.#buckets++
    if (to >>> PAGE_BITS >= this.#pages.length) this.#pages.push(new Int32Array(PAGE_BUCKETS).fill(NO_SLOT))
    let slot = this.#first(from)
    this.#setFirst(from, NO_SLOT)
    while (slot !== NO_SLOT) {
      const next = this.#slots.integer(slot, NEXT_IN_BUCKET)
      this.#put((this.#slots.integer(slot, HASH) & this.#round) === 0 ? from : to, slot)
      slot = next
    }
    if (this.#buckets === 2 * this.#round) this.#round *= 2
  }

  #put(bucket: number, slot: number): void {
    this.#slots.setInteger(slot, NEXT_IN_BUCKET, this.#first(bucket))
    this.#setFirst(bucket, slot)
  }

  #bucketOf(hash: number): number {
    const bucket = hash & (2 * this.#round - 1)
    return bucket < this.#buckets ? bucket : bucket - this.#round
  }

  #first(bucket: number): number {
    return (this.#pages[bucket >>> PAGE_BITS] as Int32Array)[bucket & (PAGE_BUCKETS - 1)] as number
  }

  #setFirst(bucket: number, slot: number): void {
    const page = this.#pages[bucket >>> PAGE_BITS] as Int32Array
    page[bucket & (PAGE_BUCKETS - 1)] = slot
  }

  #hashOf(space: number, key: string): number {
    const multiplier = this.#multiplier
    let hash = this.#seed ^ space
    for (let i = 0; i < key.length; i++) hash = Math.imul(((hash << 5) | (hash >>> 27)) ^ key.charCodeAt(i), multiplier)
    return mixed(hash)
  }
}

/** Every bit of the result depends on every bit of the number: the mixing at the end of MurmurHash3. */
function mixed(number: number): number {
  let bits = number | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35)
  return bits ^ (bits >>> 16)
}
