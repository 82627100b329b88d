import { MORE_BUCKETS, SHARD_INTEGERS, type SharedMemory } from './memory.ts'
import { HASH, NEXT, NO_SLOT, type SharedSlots } from './shared-slots.ts'

/**
 * Which slot of a shard has a key. Linear hashing, as in the index of the memory store: one bucket of all is split for each key that comes, so
 * there is never much to do at once, and memory is used as keys come. All that is called for a shard needs its lock.
 */
export class SharedIndex {
  readonly #memory: SharedMemory
  readonly #integers: Int32Array
  readonly #slots: SharedSlots

  constructor(memory: SharedMemory, slots: SharedSlots) {
    this.#memory = memory
    this.#integers = memory.integers
    this.#slots = slots
  }

  /** @param at Where in `hashes` the four words of the key are. */
  find(shard: number, hashes: Int32Array, at: number): number {
    const slots = this.#slots
    const h1 = hashes[at + 1] as number
    let slot = (this.#integers[this.#bucketFor(shard, h1)] as number) - 1
    while (slot !== NO_SLOT) {
      if (
        slots.integer(slot, HASH + 1) === h1 &&
        slots.integer(slot, HASH) === hashes[at] &&
        slots.integer(slot, HASH + 2) === hashes[at + 2] &&
        slots.integer(slot, HASH + 3) === hashes[at + 3]
      )
        return slot
      slot = slots.integer(slot, NEXT) - 1
    }
    return NO_SLOT
  }

  /** A slot with its hash, that is not yet there; it was counted as a key of the shard. */
  add(shard: number, slot: number): void {
    this.#put(this.#bucketFor(shard, this.#slots.integer(slot, HASH + 1)), slot)
    const buckets = this.#buckets(shard)
    if ((this.#integers[this.#memory.keysAt + shard] as number) > buckets && buckets < this.#memory.buckets) this.#split(shard, buckets)
  }

  /** A slot that is there. */
  remove(shard: number, slot: number): void {
    const slots = this.#slots
    const bucket = this.#bucketFor(shard, slots.integer(slot, HASH + 1))
    const next = slots.integer(slot, NEXT)
    let before = (this.#integers[bucket] as number) - 1
    if (before === slot) {
      this.#integers[bucket] = next
      return
    }
    while (slots.integer(before, NEXT) !== slot + 1) before = slots.integer(before, NEXT) - 1
    slots.setInteger(before, NEXT, next)
  }

  /** Forgets all slots, but not how many buckets it had. */
  clear(shard: number): void {
    const { buckets, bucketsAt } = this.#memory
    const from = bucketsAt + shard * buckets
    this.#integers.fill(0, from, from + Math.min(buckets, this.#buckets(shard) + 1))
  }

  #buckets(shard: number): number {
    return 1 + (this.#integers[this.#memory.shardsAt + shard * SHARD_INTEGERS + MORE_BUCKETS] as number)
  }

  #bucketFor(shard: number, hash: number): number {
    const buckets = this.#buckets(shard)
    const round = 1 << (31 - Math.clz32(buckets))
    const bucket = hash & (2 * round - 1)
    return this.#memory.bucketsAt + shard * this.#memory.buckets + (bucket < buckets ? bucket : bucket - round)
  }

  #put(bucket: number, slot: number): void {
    this.#slots.setInteger(slot, NEXT, this.#integers[bucket] as number)
    this.#integers[bucket] = slot + 1
  }

  #split(shard: number, buckets: number): void {
    const { shardsAt, bucketsAt } = this.#memory
    const from = bucketsAt + shard * this.#memory.buckets + buckets - (1 << (31 - Math.clz32(buckets)))
    let slot = (this.#integers[from] as number) - 1
    this.#integers[from] = 0
    this.#integers[shardsAt + shard * SHARD_INTEGERS + MORE_BUCKETS] = buckets
    while (slot !== NO_SLOT) {
      const next = this.#slots.integer(slot, NEXT) - 1
      this.#put(this.#bucketFor(shard, this.#slots.integer(slot, HASH + 1)), slot)
      slot = next
    }
  }
}
