import { setImmediate as endOfTurn } from 'node:timers/promises'
import type { LimitAlgorithm, LimitQuestion, LimitRule, LimitStore, LimitVerdict } from '../../src/plugin-api/index.ts'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { LeasedStore } from '../../src/stores/leases/leased-store.ts'
import { createMemoryStore } from '../../src/stores/memory/memory-store.ts'

export function leasedRule(algorithm: LimitAlgorithm, more: Partial<LimitRule> = {}): LimitRule {
  const limit = more.limit ?? 100
  return { id: 'r', algorithm, limit, burst: limit, windowMs: 10_000, calendar: null, lease: { units: 10, forMs: 100 }, ...more }
}

/** A shared count that answers after `delayMs`, and what it was asked: `consume 10`, `charge -9`. */
export class SharedCount implements LimitStore {
  readonly clock = new FakeClock()
  readonly asked: string[] = []
  delayMs = 0
  /** Instead of an answer. */
  failure: Error | null = null
  readonly #memory = createMemoryStore({ maxKeys: 1000, maxBytes: 1e7, clock: this.clock })

  gateway(maxKeys = 1000): LeasedStore {
    return new LeasedStore(this, { clock: this.clock, maxKeys })
  }

  consume(questions: readonly LimitQuestion[]): Promise<readonly LimitVerdict[]> {
    return this.#answer('consume', questions, () => this.#memory.consume(questions))
  }

  charge(questions: readonly LimitQuestion[]): Promise<void> {
    return this.#answer('charge', questions, () => this.#memory.charge(questions))
  }

  peek(questions: readonly LimitQuestion[]): Promise<readonly LimitVerdict[]> {
    return this.#answer('peek', questions, () => this.#memory.peek(questions))
  }

  /** Units that would be admitted now. */
  left(rule: LimitRule, key = 'k'): number {
    return this.#memory.usage(rule, key).remaining
  }

  /** Lets time pass and everybody act who waited for it. */
  async wait(ms: number): Promise<void> {
    await endOfTurn()
    this.clock.advance(ms)
    await endOfTurn()
  }

  /** What was asked since the last call. */
  takeAsked(): readonly string[] {
    return this.asked.splice(0)
  }

  #answer<T>(deed: string, questions: readonly LimitQuestion[], decide: () => T): Promise<T> {
    this.asked.push(`${deed} ${questions.map(({ cost }) => cost).join(' ')}`)
    const { failure } = this
    if (failure !== null) return Promise.reject(failure)
    if (this.delayMs === 0) return Promise.resolve(decide())
    return new Promise((resolve) => {
      this.clock.after(this.delayMs / 2, () => {
        const answer = decide()
        this.clock.after(this.delayMs / 2, () => resolve(answer))
      })
    })
  }
}

export function question(rule: LimitRule, cost = 1, key = 'k'): LimitQuestion {
  return { rule, key, cost }
}
