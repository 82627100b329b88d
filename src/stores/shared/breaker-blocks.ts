import { type BreakerMemory, breakerWords, clearMemory, LOCK as LOCK_OF_BLOCK } from '../../policy/breaker/memory.ts'

/** Which integer of the header is what. */
const LOCK = 0
const CAPACITY = 1
const WORKERS = 2
const USED = 3
/** No block from here on has ever been used. */
const FRESH = 4
/** Below are no free blocks. */
const FREE_HINT = 5
const LINE_INTEGERS = 16
const HASH_INTEGERS = 4
const NO_BLOCK = -1

/**
 * Memory for breakers, found by the hashes of their names. What holds is who holds which block under which hash; the index follows from
 * that and can be made again. All is to be called under the lock of the whole; a block itself is for those who hold it, under its own.
 */
export class BreakerBlocks {
  readonly #buffer: SharedArrayBuffer
  readonly #integers: Int32Array
  readonly #capacity: number
  readonly #workers: number
  /** Open addressing: one more than the number of a block, or 0. */
  readonly #indexAt: number
  readonly #indexMask: number
  /** A hash, then a bit for each worker. */
  readonly #entriesAt: number
  readonly #entryIntegers: number
  readonly #blocksAt: number
  readonly #blockIntegers: number

  constructor(buffer: SharedArrayBuffer) {
    this.#buffer = buffer
    this.#integers = new Int32Array(buffer)
    this.#capacity = this.#at(CAPACITY)
    this.#workers = this.#at(WORKERS)
    const layout = layoutOf(this.#capacity, this.#workers)
    this.#indexAt = layout.indexAt
    this.#indexMask = layout.indexSize - 1
    this.#entriesAt = layout.entriesAt
    this.#entryIntegers = layout.entryIntegers
    this.#blocksAt = layout.blocksAt
    this.#blockIntegers = layout.blockIntegers
  }

  get integers(): Int32Array {
    return this.#integers
  }

  /** Where the lock of the whole is. */
  get lock(): { readonly first: number; readonly stride: number; readonly count: number } {
    return { first: LOCK, stride: 0, count: 1 }
  }

  /** Where the locks of the blocks are, of all that have ever been used. */
  get blockLocks(): { readonly first: number; readonly stride: number; readonly count: number } {
    return { first: this.#blocksAt + LOCK_OF_BLOCK, stride: this.#blockIntegers, count: this.#at(FRESH) }
  }

  /** How many are held. */
  get used(): number {
    return this.#at(USED)
  }

  memoryOf(block: number, worker: number, lock: BreakerMemory['lock']): BreakerMemory {
    const at = (this.#blocksAt + block * this.#blockIntegers) * Int32Array.BYTES_PER_ELEMENT
    return { words: new Float64Array(this.#buffer, at, breakerWords(this.#workers)), lock, worker }
  }

  /** The block of that hash, from now on held by the worker; a new one when nobody holds any. Null when all are held. */
  take(hash: Int32Array, worker: number): number | null {
    const found = this.#find(hash)
    if (found !== NO_BLOCK) {
      this.#setHeld(found, worker, true)
      return found
    }
    if (this.#at(USED) >= this.#capacity) return null
    const block = this.#freeBlock()
    this.#integers.set(hash, this.#entry(block))
    clearMemory(this.memoryOf(block, worker, null))
    this.#setHeld(block, worker, true)
    this.#insert(block)
    return block
  }

  /** Whether somebody else still holds it. */
  release(block: number, worker: number): boolean {
    if (!this.isHeldBy(block, worker)) return this.#isHeld(block)
    this.#setHeld(block, worker, false)
    if (this.#isHeld(block)) return true
    this.#remove(block)
    if (block < this.#at(FREE_HINT)) this.#integers[FREE_HINT] = block
    return false
  }

  isHeldBy(block: number, worker: number): boolean {
    return (this.#at(this.#holders(block) + (worker >>> 5)) & (1 << (worker & 31))) !== 0
  }

  /** Makes the index again, which somebody who has died may have left half changed. */
  repair(): void {
    this.#integers.fill(0, this.#indexAt, this.#indexAt + this.#indexMask + 1)
    this.#integers[USED] = 0
    this.#integers[FREE_HINT] = 0
    for (let block = 0; block < this.#at(FRESH); block++) if (this.#isHeld(block)) this.#insert(block)
  }

  /** There is one. */
  #freeBlock(): number {
    const fresh = this.#at(FRESH)
    if (this.#at(USED) === fresh) {
      this.#integers[FRESH] = fresh + 1
      return fresh
    }
    let block = this.#at(FREE_HINT)
    while (this.#isHeld(block)) block++
    this.#integers[FREE_HINT] = block + 1
    return block
  }

  #find(hash: Int32Array): number {
    for (let slot = (hash[0] as number) & this.#indexMask; ; slot = (slot + 1) & this.#indexMask) {
      const block = this.#at(this.#indexAt + slot) - 1
      if (block === NO_BLOCK) return NO_BLOCK
      const entry = this.#entry(block)
      if (hash.every((word, i) => this.#integers[entry + i] === word)) return block
    }
  }

  #insert(block: number): void {
    let slot = this.#home(block)
    while (this.#at(this.#indexAt + slot) !== 0) slot = (slot + 1) & this.#indexMask
    this.#integers[this.#indexAt + slot] = block + 1
    this.#integers[USED] = this.#at(USED) + 1
  }

  /** Those behind move up, so that no gap comes between them and where they are looked for. */
  #remove(block: number): void {
    const mask = this.#indexMask
    let gap = this.#home(block)
    while (this.#at(this.#indexAt + gap) !== block + 1) gap = (gap + 1) & mask
    for (let slot = (gap + 1) & mask; this.#at(this.#indexAt + slot) !== 0; slot = (slot + 1) & mask) {
      const other = this.#at(this.#indexAt + slot)
      if (((slot - this.#home(other - 1)) & mask) < ((slot - gap) & mask)) continue
      this.#integers[this.#indexAt + gap] = other
      gap = slot
    }
    this.#integers[this.#indexAt + gap] = 0
    this.#integers[USED] = this.#at(USED) - 1
  }

  #home(block: number): number {
    return this.#at(this.#entry(block)) & this.#indexMask
  }

  #isHeld(block: number): boolean {
    const end = this.#entry(block + 1)
    for (let at = this.#holders(block); at < end; at++) if (this.#at(at) !== 0) return true
    return false
  }

  #setHeld(block: number, worker: number, held: boolean): void {
    const at = this.#holders(block) + (worker >>> 5)
    const bit = 1 << (worker & 31)
    this.#integers[at] = held ? this.#at(at) | bit : this.#at(at) & ~bit
  }

  #entry(block: number): number {
    return this.#entriesAt + block * this.#entryIntegers
  }

  #holders(block: number): number {
    return this.#entry(block) + HASH_INTEGERS
  }

  #at(index: number): number {
    return this.#integers[index] as number
  }
}

/** All of it but the header is zero, so that the system gives memory for no page before it is used. */
export function allocateBlocks(capacity: number, workers: number): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(layoutOf(capacity, workers).end * Int32Array.BYTES_PER_ELEMENT)
  const header = new Int32Array(buffer)
  header[CAPACITY] = capacity
  header[WORKERS] = workers
  return buffer
}

function layoutOf(capacity: number, workers: number) {
  const lines = (integers: number): number => Math.ceil(integers / LINE_INTEGERS) * LINE_INTEGERS
  // At least half of the index is always empty.
  const indexSize = 2 ** Math.ceil(Math.log2(2 * capacity))
  const entryIntegers = HASH_INTEGERS + Math.ceil(workers / 32)
  // Whole lines: threads that use different breakers do not get in each other's way.
  const blockIntegers = lines(breakerWords(workers) * 2)
  const indexAt = LINE_INTEGERS
  const entriesAt = indexAt + lines(indexSize)
  const blocksAt = entriesAt + lines(capacity * entryIntegers)
  return { indexAt, indexSize, entriesAt, entryIntegers, blocksAt, blockIntegers, end: blocksAt + capacity * blockIntegers }
}
