const FREE = 0
/** Looks before a thread sleeps: longer than a decision takes, shorter than it takes to sleep and to be woken. */
const SPINS = 100

/** Who repairs what a dead worker has left; no worker has this number. */
const REPAIRER = 0x3fff_ffff

/**
 * Locks in shared memory, a word for each: 0 while it is free, the number of its owner, or that number below zero while others may be asleep
 * for it. So who has died with a lock can be told from its word.
 * Not reentrant. Who takes several takes them in ascending order.
 */
export class SharedLocks {
  readonly #words: Int32Array
  readonly #first: number
  readonly #stride: number
  readonly #owner: number

  /** @param worker From 0 on; no two threads at a time have the same. */
  constructor(words: Int32Array, first: number, stride: number, worker: number) {
    this.#words = words
    this.#first = first
    this.#stride = stride
    this.#owner = worker + 1
  }

  lock(number: number): void {
    const at = this.#first + number * this.#stride
    if (Atomics.compareExchange(this.#words, at, FREE, this.#owner) !== FREE) this.#wait(at)
  }

  /** Without waiting: for a lock out of order. */
  tryLock(number: number): boolean {
    return Atomics.compareExchange(this.#words, this.#first + number * this.#stride, FREE, this.#owner) === FREE
  }

  unlock(number: number): void {
    const at = this.#first + number * this.#stride
    if (Atomics.exchange(this.#words, at, FREE) < 0) Atomics.notify(this.#words, at, 1)
  }

  #wait(at: number): void {
    const words = this.#words
    for (let i = 0; i < SPINS; i++) {
      if (Atomics.load(words, at) === FREE && Atomics.compareExchange(words, at, FREE, this.#owner) === FREE) return
    }
    for (;;) {
      const word = Atomics.load(words, at)
      // Others may sleep as well: whoever has slept takes the lock as one that somebody waits for.
      if (word === FREE && Atomics.compareExchange(words, at, FREE, -this.#owner) === FREE) return
      if (word > 0 && Atomics.compareExchange(words, at, word, -word) !== word) continue
      if (word !== FREE) Atomics.wait(words, at, -Math.abs(word))
    }
  }
}

/**
 * Frees the locks of a worker whose thread has ended; `repair` is called for each while it is still held. Never waits.
 * @returns how many there were
 */
export function releaseLocksOf(
  worker: number,
  words: Int32Array,
  { first, stride, count }: { readonly first: number; readonly stride: number; readonly count: number },
  repair: (number: number) => void
): number {
  let released = 0
  for (let number = 0; number < count; number++) {
    const at = first + number * stride
    if (takeOver(words, at, worker + 1)) {
      repair(number)
      Atomics.store(words, at, FREE)
      released++
    }
    // All, and of every lock: the one that was woken for it may be the one that has died.
    Atomics.notify(words, at)
  }
  return released
}

function takeOver(words: Int32Array, at: number, dead: number): boolean {
  for (;;) {
    const word = Atomics.load(words, at)
    if (Math.abs(word) !== dead) return false
    if (Atomics.compareExchange(words, at, word, -REPAIRER) === word) return true
  }
}
