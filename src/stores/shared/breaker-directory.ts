import { createHash } from 'node:crypto'
import { type BreakerLock, type BreakerMemory, forgetWorker, privateMemory } from '../../policy/breaker/memory.ts'
import { allocateBlocks, BreakerBlocks } from './breaker-blocks.ts'
import { releaseLocksOf, SharedLocks } from './lock.ts'

const CAPACITY = 16_384
const WHOLE = 0

/**
 * Room for the breakers that all workers share, to be handed to each of them. To be called once, by the thread that outlives the workers.
 * @param workers How many numbers of workers there are; the supervisor has one of its own.
 * @param capacity Breakers at a time; each takes some 400 bytes once it is used.
 */
export function allocateSharedBreakers(workers: number, capacity = CAPACITY): SharedArrayBuffer {
  return allocateBlocks(capacity, workers)
}

interface Held {
  readonly memory: BreakerMemory
  /** Null for memory of this worker alone. */
  readonly block: number | null
  count: number
}

/**
 * One worker's way to the breakers that all share: whoever takes the same name gets the same memory. It is kept for as long as any worker
 * holds it, and then given to other names; a name that comes back later begins anew.
 */
export class BreakerDirectory {
  readonly #worker: number
  readonly #onFull: (name: string) => void
  readonly #blocks: BreakerBlocks
  readonly #lock: SharedLocks
  readonly #held = new Map<string, Held>()

  /**
   * @param worker From 0 on; no two threads at a time have the same.
   * @param onFull Told when a breaker has to be this worker's own because there is no more room.
   */
  constructor(buffer: SharedArrayBuffer, worker: number, onFull: (name: string) => void) {
    this.#worker = worker
    this.#onFull = onFull
    this.#blocks = new BreakerBlocks(buffer)
    this.#lock = new SharedLocks(this.#blocks.integers, this.#blocks.lock.first, this.#blocks.lock.stride, worker)
  }

  /** How many breakers all workers hold together. */
  get used(): number {
    return this.#blocks.used
  }

  /** @param name Such as `upstream:orders`. Each take needs its release. */
  take(name: string): BreakerMemory {
    const held = this.#held.get(name)
    if (held !== undefined) {
      held.count++
      return held.memory
    }
    const hash = hashOf(name)
    const block = this.#locked(() => this.#blocks.take(hash, this.#worker))
    const memory = block === null ? privateMemory() : this.#blocks.memoryOf(block, this.#worker, this.#lockOf(block))
    this.#held.set(name, { memory, block, count: 1 })
    if (block === null) this.#onFull(name)
    return memory
  }

  /** After the last release, a breaker over that memory must not be asked any more. Its permits may still be settled, to no effect. */
  release(name: string): void {
    const held = this.#held.get(name)
    if (held === undefined || --held.count > 0) return
    this.#held.delete(name)
    const { block } = held
    if (block !== null) this.#locked(() => this.#blocks.release(block, this.#worker))
  }

  /**
   * For the supervisor: gives back all that a worker held whose thread has ended - locks, probes and breakers. Before another one gets its
   * number. Until then nobody gets past a lock that it died with.
   */
  forget(worker: number): void {
    const blocks = this.#blocks
    const { integers } = blocks
    releaseLocksOf(worker, integers, blocks.lock, () => blocks.repair())
    releaseLocksOf(worker, integers, blocks.blockLocks, (block) => forgetWorker(blocks.memoryOf(block, worker, null), worker))
    for (const block of this.#locked(() => this.#releaseAllOf(worker))) {
      const memory = blocks.memoryOf(block, worker, this.#lockOf(block))
      memory.lock?.acquire()
      forgetWorker(memory, worker)
      memory.lock?.release()
    }
  }

  /** @returns those that others still hold */
  #releaseAllOf(worker: number): readonly number[] {
    const shared: number[] = []
    const { count } = this.#blocks.blockLocks
    for (let block = 0; block < count; block++) if (this.#blocks.isHeldBy(block, worker) && this.#blocks.release(block, worker)) shared.push(block)
    return shared
  }

  #lockOf(block: number): BreakerLock {
    const { first, stride } = this.#blocks.blockLocks
    return new BlockLock(new SharedLocks(this.#blocks.integers, first + block * stride, 0, this.#worker))
  }

  #locked<T>(run: () => T): T {
    this.#lock.lock(WHOLE)
    try {
      return run()
    } finally {
      this.#lock.unlock(WHOLE)
    }
  }
}

class BlockLock implements BreakerLock {
  readonly #locks: SharedLocks

  constructor(locks: SharedLocks) {
    this.#locks = locks
  }

  acquire(): void {
    this.#locks.lock(WHOLE)
  }

  release(): void {
    this.#locks.unlock(WHOLE)
  }
}

/** 128 bits: two names that share them do not happen. */
function hashOf(name: string): Int32Array {
  const digest = createHash('sha256').update(name).digest()
  return Int32Array.from({ length: 4 }, (_, i) => digest.readInt32LE(4 * i))
}
