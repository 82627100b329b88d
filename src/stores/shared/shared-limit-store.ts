import type { LimitQuestion, LimitVerdict } from '../../plugin-api/limits/store.ts'
import type { Clock } from '../../plugin-api/types.ts'
import type { LimitRule } from '../../policy/limiter/types.ts'
import type { MemoryStore, MemoryStoreStats } from '../memory/memory-store.ts'
import { KeyHash } from './key-hash.ts'
import type { SharedLocks } from './lock.ts'
import { openSharedMemory, SEED } from './memory.ts'
import { SharedClock } from './shared-clock.ts'
import { NO_SLOT } from './shared-slots.ts'
import { SharedSpaces, type SharedSpace } from './shared-spaces.ts'
import { locksOf, SharedTable } from './shared-table.ts'

const US_PER_MS = 1000
const HASH_WORDS = 4

export { allocateSharedLimits, type SharedLimitsBounds } from './memory.ts'
export { recoverSharedLimits } from './recovery.ts'

export interface SharedLimitStoreOptions {
  /** The same time for all threads. */
  readonly clock: Clock
  /** The number of this thread, from 0 on; no two at a time have the same. */
  readonly worker: number
  /** This thread gave up a key that still counted: its caller begins with a fresh limit. */
  readonly onLiveEviction?: () => void
}

/** One of the stores of all threads that count together. Answers at once, and its statistics are those of all. */
export type SharedLimitStore = MemoryStore

/**
 * The limits that `allocateSharedLimits` made room for, as one thread asks about them. It may wait for another thread, for less than a µs as a
 * rule, and for a thread that has died until `recoverSharedLimits`: the thread that calls that must not ask itself, but for `stats`.
 */
export function createSharedLimitStore(memory: SharedArrayBuffer, options: SharedLimitStoreOptions): SharedLimitStore {
  return new SharedLimits(memory, options)
}

class SharedLimits implements MemoryStore {
  readonly #clock: SharedClock
  readonly #locks: SharedLocks
  readonly #hash: KeyHash
  readonly #spaces: SharedSpaces
  readonly #table: SharedTable
  readonly #shardMask: number
  readonly #onLiveEviction: () => void
  /** Of the questions of the current call, in their order: their spaces, four words each, their shards, where they were found. */
  readonly #asked: SharedSpace[] = []
  #hashes = new Int32Array(16)
  readonly #shards: number[] = []
  readonly #found: number[] = []
  /** Shards whose locks are held, in ascending order. */
  readonly #held: number[] = []
  #heldCount = 0

  constructor(buffer: SharedArrayBuffer, { clock, worker, onLiveEviction }: SharedLimitStoreOptions) {
    const memory = openSharedMemory(buffer)
    this.#onLiveEviction = onLiveEviction ?? (() => {})
    this.#locks = locksOf(memory, worker)
    this.#shardMask = memory.shards - 1
    this.#hash = new KeyHash(memory.integers.slice(SEED, SEED + 4))
    this.#spaces = new SharedSpaces(this.#hash, memory.maxLogEntries)
    this.#locks.lock(0)
    this.#clock = new SharedClock(memory, clock)
    this.#locks.unlock(0)
    this.#table = new SharedTable(memory, { locks: this.#locks, spaces: this.#spaces, clock: this.#clock })
  }

  get stats(): MemoryStoreStats {
    const { keys, bytes, liveEvictions } = this.#table
    return { keys, bytes, liveEvictions }
  }

  consume(questions: readonly LimitQuestion[]): readonly LimitVerdict[] {
    for (const { cost } of questions) checkCost(cost, 0)
    this.#enter(questions)
    try {
      return this.#consume(questions)
    } finally {
      this.#leave()
    }
  }

  charge(questions: readonly LimitQuestion[]): void {
    for (const { cost } of questions) checkCost(cost, -Infinity)
    this.#enter(questions)
    try {
      for (let i = 0; i < questions.length; i++) {
        this.#find(i, true)
        this.#record(i, (questions[i] as LimitQuestion).cost, null)
      }
    } finally {
      this.#leave()
    }
  }

  peek(questions: readonly LimitQuestion[]): readonly LimitVerdict[] {
    this.#enter(questions)
    try {
      return questions.map((_, i) => this.#look(i))
    } finally {
      this.#leave()
    }
  }

  usage(rule: LimitRule, key: string): LimitVerdict {
    return this.peek([{ rule, key, cost: 0 }])[0] as LimitVerdict
  }

  /** Takes the locks of all questions, and then the time. */
  #enter(questions: readonly LimitQuestion[]): void {
    const count = questions.length
    if (this.#hashes.length < count * HASH_WORDS) this.#hashes = new Int32Array(2 * count * HASH_WORDS)
    this.#heldCount = 0
    for (let i = 0; i < count; i++) {
      const { rule, key } = questions[i] as LimitQuestion
      const space = this.#spaces.of(rule)
      this.#asked[i] = space
      this.#hash.ofKey(space.seed, key, this.#hashes, i * HASH_WORDS)
      const shard = (this.#hashes[i * HASH_WORDS] as number) & this.#shardMask
      this.#shards[i] = shard
      this.#addHeld(shard)
    }
    for (let i = 0; i < this.#heldCount; i++) this.#locks.lock(this.#held[i] as number)
    this.#clock.read()
  }

  #addHeld(shard: number): void {
    const held = this.#held
    let at = this.#heldCount
    while (at > 0 && (held[at - 1] as number) > shard) at--
    if (at > 0 && held[at - 1] === shard) return
    for (let i = this.#heldCount; i > at; i--) held[i] = held[i - 1] as number
    held[at] = shard
    this.#heldCount++
  }

  /** Tells of evictions only when nobody has to wait for it. */
  #leave(): void {
    for (let i = 0; i < this.#heldCount; i++) {
      this.#table.unmark(this.#held[i] as number)
      this.#locks.unlock(this.#held[i] as number)
    }
    for (let evictions = this.#table.takeUnreported(); evictions > 0; evictions--) this.#onLiveEviction()
  }

  #consume(questions: readonly LimitQuestion[]): readonly LimitVerdict[] {
    const verdicts: LimitVerdict[] = []
    let isRefused = false
    for (let i = 0; i < questions.length; i++) {
      this.#find(i, true)
      const verdict = this.#decide(i, (questions[i] as LimitQuestion).cost, i === 0 ? 0 : askedBefore(questions, i))
      verdicts.push(verdict)
      if (!verdict.allowed) isRefused = true
    }
    if (isRefused) this.#takeBack(verdicts)
    else this.#recordAll(questions, verdicts)
    return verdicts
  }

  #find(i: number, isTouched: boolean): void {
    const shard = this.#shards[i] as number
    const slot = this.#table.find(shard, this.#hashes, i * HASH_WORDS)
    this.#found[i] = slot
    if (isTouched && slot !== NO_SLOT) this.#table.touch(shard, slot)
  }

  #look(i: number): LimitVerdict {
    this.#find(i, false)
    return this.#decide(i, 0, 0)
  }

  #decide(i: number, cost: number, before: number): LimitVerdict {
    const { kind, terms } = this.#asked[i] as SharedSpace
    const slot = this.#found[i] as number
    if (slot !== NO_SLOT) this.#table.mark(this.#shards[i] as number, slot)
    return this.#table.states.decide(kind, terms, slot, cost, this.#clock.timeUs(kind), before)
  }

  /** One refused: the others say what is left without this request. */
  #takeBack(verdicts: LimitVerdict[]): void {
    for (let i = 0; i < verdicts.length; i++) if ((verdicts[i] as LimitVerdict).allowed) verdicts[i] = this.#look(i)
  }

  #recordAll(questions: readonly LimitQuestion[], verdicts: readonly LimitVerdict[]): void {
    const { removals } = this.#table
    for (let i = 0; i < questions.length; i++) {
      const { cost } = questions[i] as LimitQuestion
      if (cost === 0) continue
      // It may have come with an earlier question, or gone to make room for it.
      if (i > 0 && (this.#found[i] === NO_SLOT || this.#table.removals !== removals)) this.#find(i, false)
      this.#record(i, cost, verdicts[i] as LimitVerdict)
    }
  }

  /** @param verdict What was decided about it, which tells when it counts no longer; null when nothing was. */
  #record(i: number, cost: number, verdict: LimitVerdict | null): void {
    const found = this.#found[i] as number
    if (cost === 0 || (found === NO_SLOT && cost < 0)) return
    const table = this.#table
    const space = this.#asked[i] as SharedSpace
    const shard = this.#shards[i] as number
    const slot = found === NO_SLOT ? table.enter(shard, space, this.#hashes, i * HASH_WORDS) : found
    const timeUs = this.#clock.timeUs(space.kind)
    table.mark(shard, slot)
    table.states.record(space.kind, space.terms, slot, cost, timeUs)
    const resetUs = verdict === null ? table.states.resetUs(space.kind, space.terms, slot, timeUs) : verdict.resetMs * US_PER_MS
    table.file(slot, space, resetUs)
    if (space.kind === 'sliding-window') table.makeRoom(shard, slot)
  }
}

/** Units that earlier questions of the same request ask of the same count. */
function askedBefore(questions: readonly LimitQuestion[], at: number): number {
  const { rule, key } = questions[at] as LimitQuestion
  let units = 0
  for (let i = 0; i < at; i++) {
    const earlier = questions[i] as LimitQuestion
    if (earlier.key === key && earlier.rule.id === rule.id && earlier.rule.algorithm === rule.algorithm) units += earlier.cost
  }
  return units
}

function checkCost(cost: number, least: number): void {
  if (!Number.isSafeInteger(cost) || cost < least) throw new RangeError('the cost of a question is a whole number of units')
}
