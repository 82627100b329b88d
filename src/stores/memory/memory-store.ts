import { randomFillSync } from 'node:crypto'
import type { LimitQuestion, LimitStore, LimitVerdict } from '../../plugin-api/limits/store.ts'
import type { Clock } from '../../plugin-api/types.ts'
import type { LimitTerms } from '../../policy/limiter/terms.ts'
import type { LimitRule } from '../../policy/limiter/types.ts'
import { KeyHash } from '../key-hash.ts'
import { askedBefore, checkCosts } from '../questions.ts'
import { Spaces, type Space } from '../spaces.ts'
import { StoreClock } from '../store-clock.ts'
import { LimitTable } from './limit-table.ts'
import { NO_SLOT } from './slots.ts'

const HASH_WORDS = 4
/** Entries of a log, of 16 bytes, are at most so many of all bytes: one key must not push all others out. */
const LOG_SHARE = 4
const ENTRY_BYTES = 16
const FEWEST_LOG_ENTRIES = 16

export interface MemoryStoreOptions {
  /** Keys of all rules together; at least 1. */
  readonly maxKeys: number
  /** About the bytes that all keys take: their texts and what is counted for them. The last key always stays. */
  readonly maxBytes: number
  readonly clock: Clock
  /** A key was given up that still counted: its caller begins with a fresh limit. Tells an operator that the bounds are too small. */
  readonly onLiveEviction?: () => void
}

export interface MemoryStoreStats {
  readonly keys: number
  /** As the store itself counts them. */
  readonly bytes: number
  /** Keys that were given up while they still counted, since the start. */
  readonly liveEvictions: number
}

/** Answers at once. */
export interface MemoryStore extends LimitStore {
  consume(questions: readonly LimitQuestion[]): readonly LimitVerdict[]
  charge(questions: readonly LimitQuestion[]): void
  peek(questions: readonly LimitQuestion[]): readonly LimitVerdict[]
  /** `peek` of one key. */
  usage(rule: LimitRule, key: string): LimitVerdict
  readonly stats: MemoryStoreStats
}

export function createMemoryStore(options: MemoryStoreOptions): MemoryStore {
  return new LimitsInMemory(options)
}

class LimitsInMemory implements MemoryStore {
  readonly #clock: StoreClock
  readonly #hash: KeyHash
  readonly #spaces: Spaces
  readonly #table: LimitTable
  /** Of the questions of the current call, in their order: their spaces, four words each, where they were found. */
  readonly #asked: Space[] = []
  /** Of its own rule: another question may be of another one with the same id. */
  readonly #terms: LimitTerms[] = []
  #hashes = new Int32Array(4 * HASH_WORDS)
  readonly #found: number[] = []

  constructor({ maxKeys, maxBytes, clock, onLiveEviction }: MemoryStoreOptions) {
    this.#clock = new StoreClock(clock, { ms: clock.now(), wallMs: clock.wall() })
    this.#hash = new KeyHash(randomFillSync(new Int32Array(HASH_WORDS)))
    this.#spaces = new Spaces(this.#hash, Math.max(FEWEST_LOG_ENTRIES, Math.floor(maxBytes / LOG_SHARE / ENTRY_BYTES)))
    this.#table = new LimitTable({ maxKeys, maxBytes, clock: this.#clock, spaces: this.#spaces, onLiveEviction: onLiveEviction ?? (() => {}) })
  }

  get stats(): MemoryStoreStats {
    const { keys, bytes, liveEvictions } = this.#table
    return { keys, bytes, liveEvictions }
  }

  consume(questions: readonly LimitQuestion[]): readonly LimitVerdict[] {
    checkCosts(questions, 0)
    this.#enter(questions)
    const verdicts: LimitVerdict[] = []
    let isRefused = false
    for (let i = 0; i < questions.length; i++) {
      this.#find(i, true)
      const verdict = this.#decide(i, (questions[i] as LimitQuestion).cost, askedBefore(questions, i))
      verdicts.push(verdict)
      if (!verdict.allowed) isRefused = true
    }
    if (isRefused) this.#takeBack(verdicts)
    else this.#recordAll(questions)
    return verdicts
  }

  charge(questions: readonly LimitQuestion[]): void {
    checkCosts(questions, -Infinity)
    this.#enter(questions)
    for (let i = 0; i < questions.length; i++) {
      this.#find(i, true)
      this.#record(i, (questions[i] as LimitQuestion).cost)
    }
  }

  peek(questions: readonly LimitQuestion[]): readonly LimitVerdict[] {
    this.#enter(questions)
    return questions.map((_, i) => this.#look(i))
  }

  usage(rule: LimitRule, key: string): LimitVerdict {
    return this.peek([{ rule, key, cost: 0 }])[0] as LimitVerdict
  }

  #enter(questions: readonly LimitQuestion[]): void {
    const count = questions.length
    if (this.#hashes.length < count * HASH_WORDS) this.#hashes = new Int32Array(2 * count * HASH_WORDS)
    for (let i = 0; i < count; i++) {
      const { rule, key } = questions[i] as LimitQuestion
      const space = this.#spaces.of(rule)
      this.#asked[i] = space
      this.#terms[i] = space.terms
      this.#hash.ofKey(space.seed, key, this.#hashes, i * HASH_WORDS)
    }
    this.#clock.read()
  }

  #find(i: number, isTouched: boolean): void {
    const slot = this.#table.find(this.#hashes, i * HASH_WORDS)
    this.#found[i] = slot
    if (isTouched && slot !== NO_SLOT) this.#table.touch(slot)
  }

  #look(i: number): LimitVerdict {
    this.#find(i, false)
    return this.#decide(i, 0, 0)
  }

  #decide(i: number, cost: number, before: number): LimitVerdict {
    const { kind } = this.#asked[i] as Space
    const terms = this.#terms[i] as LimitTerms
    return this.#table.states.decide(kind, terms, this.#found[i] as number, cost, this.#clock.timeUs(kind), before)
  }

  /** One refused: the others say what is left without this request. */
  #takeBack(verdicts: LimitVerdict[]): void {
    for (let i = 0; i < verdicts.length; i++) if ((verdicts[i] as LimitVerdict).allowed) verdicts[i] = this.#look(i)
  }

  #recordAll(questions: readonly LimitQuestion[]): void {
    const { removals } = this.#table
    for (let i = 0; i < questions.length; i++) {
      const { cost } = questions[i] as LimitQuestion
      if (cost === 0) continue
      // It may have come with an earlier question, or gone to make room for it.
      if (i > 0 && (this.#found[i] === NO_SLOT || this.#table.removals !== removals)) this.#find(i, false)
      this.#record(i, cost)
    }
  }

  #record(i: number, cost: number): void {
    const found = this.#found[i] as number
    if (cost === 0 || (found === NO_SLOT && cost < 0)) return
    const table = this.#table
    const { kind } = this.#asked[i] as Space
    const terms = this.#terms[i] as LimitTerms
    const slot = found === NO_SLOT ? table.enter(this.#asked[i] as Space, this.#hashes, i * HASH_WORDS) : found
    table.states.record(kind, terms, slot, cost, this.#clock.timeUs(kind))
    // More makes it count for longer, which is seen in time; less must not be missed.
    if (found === NO_SLOT || cost < 0) table.file(slot)
    if (kind === 'sliding-window') table.makeRoom(slot)
  }
}
