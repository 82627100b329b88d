import type { LimitQuestion, LimitStore, LimitVerdict } from '../../plugin-api/limits/store.ts'
import type { Clock } from '../../plugin-api/types.ts'
import type { LimitRule } from '../../policy/limiter/types.ts'
import { LimitTable } from './limit-table.ts'
import { NO_SLOT } from './slots.ts'
import type { Space } from './space.ts'

import { StoreClock } from './store-clock.ts'

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
  readonly #table: LimitTable
  /** Where the questions of the current call were found. */
  readonly #found: number[] = []

  constructor({ maxKeys, maxBytes, clock, onLiveEviction }: MemoryStoreOptions) {
    this.#clock = new StoreClock(clock)
    // Nobody outside knows to the nanosecond when it was started.
    const seed = (clock.now() * 1e6) ^ clock.wall()
    this.#table = new LimitTable({ maxKeys, maxBytes, clock: this.#clock, onLiveEviction: onLiveEviction ?? (() => {}) }, seed)
  }

  get stats(): MemoryStoreStats {
    const { keys, bytes, liveEvictions } = this.#table
    return { keys, bytes, liveEvictions }
  }

  consume(questions: readonly LimitQuestion[]): readonly LimitVerdict[] {
    for (const { cost } of questions) checkCost(cost, 0)
    this.#clock.read()
    const verdicts: LimitVerdict[] = []
    let isRefused = false
    for (let i = 0; i < questions.length; i++) {
      const question = questions[i] as LimitQuestion
      const space = this.#table.spaceFor(question.rule)
      const slot = this.#table.find(space, question.key)
      this.#found[i] = slot
      if (slot !== NO_SLOT) this.#table.touch(slot)
      const verdict = this.#decide(space, slot, question.cost, i === 0 ? 0 : askedBefore(questions, i))
      verdicts.push(verdict)
      if (!verdict.allowed) isRefused = true
    }
    if (isRefused) this.#takeBack(questions, verdicts)
    else this.#recordAll(questions)
    return verdicts
  }

  charge(questions: readonly LimitQuestion[]): void {
    for (const { cost } of questions) checkCost(cost, -Infinity)
    this.#clock.read()
    for (const { rule, key, cost } of questions) {
      const space = this.#table.spaceFor(rule)
      const slot = this.#table.find(space, key)
      if (slot !== NO_SLOT) this.#table.touch(slot)
      this.#record(space, slot, key, cost)
    }
  }

  peek(questions: readonly LimitQuestion[]): readonly LimitVerdict[] {
    this.#clock.read()
    return questions.map(({ rule, key }) => this.#look(rule, key))
  }

  usage(rule: LimitRule, key: string): LimitVerdict {
    this.#clock.read()
    return this.#look(rule, key)
  }

  #look(rule: LimitRule, key: string): LimitVerdict {
    const space = this.#table.spaceFor(rule)
    return this.#decide(space, this.#table.find(space, key), 0, 0)
  }

  #decide(space: Space, slot: number, cost: number, before: number): LimitVerdict {
    return this.#table.states.decide(space.kind, space.terms, slot, cost, this.#clock.timeUs(space.kind), before)
  }

  /** One refused: the others say what is left without this request. */
  #takeBack(questions: readonly LimitQuestion[], verdicts: LimitVerdict[]): void {
    for (let i = 0; i < questions.length; i++) {
      if (!(verdicts[i] as LimitVerdict).allowed) continue
      const { rule, key } = questions[i] as LimitQuestion
      verdicts[i] = this.#look(rule, key)
    }
  }

  #recordAll(questions: readonly LimitQuestion[]): void {
    const { removals } = this.#table
    for (let i = 0; i < questions.length; i++) {
      const { rule, key, cost } = questions[i] as LimitQuestion
      if (cost === 0) continue
      const space = this.#table.spaceFor(rule)
      let slot = this.#found[i] as number
      // It may have come with an earlier question, or gone to make room for it.
      if (i > 0 && (slot === NO_SLOT || this.#table.removals !== removals)) slot = this.#table.find(space, key)
      this.#record(space, slot, key, cost)
    }
  }

  #record(space: Space, found: number, key: string, cost: number): void {
    if (cost === 0 || (found === NO_SLOT && cost < 0)) return
    const table = this.#table
    const slot = found === NO_SLOT ? table.enter(space, key) : found
    table.states.record(space.kind, space.terms, slot, cost, this.#clock.timeUs(space.kind))
    if (found === NO_SLOT) table.file(slot)
    if (space.kind === 'sliding-window') table.makeRoom()
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
