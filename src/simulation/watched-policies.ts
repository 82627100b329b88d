import type { StateLease } from '../generation/registry.ts'
import type { Breaker, BreakerPhase, BreakerRule, BreakerSnapshot, Permit } from '../policy/breaker/types.ts'
import type { BudgetRule, RetryBudget } from '../policy/retry/types.ts'

/** A breaker whose permits are counted. */
export class WatchedBreaker implements Breaker {
  readonly name: string
  acquired = 0
  settled = 0
  readonly #breaker: Breaker

  constructor(name: string, breaker: Breaker) {
    this.name = name
    this.#breaker = breaker
  }

  tryAcquire(now: number): Permit | null {
    const permit = this.#breaker.tryAcquire(now)
    if (permit === null) return null
    this.acquired++
    let isOpen = true
    return {
      settle: (result, at, durationMs) => {
        if (isOpen) this.settled++
        isOpen = false
        permit.settle(result, at, durationMs)
      }
    }
  }

  retryAfterMs(now: number): number {
    return this.#breaker.retryAfterMs(now)
  }

  phase(now: number): BreakerPhase {
    return this.#breaker.phase(now)
  }

  snapshot(now: number): BreakerSnapshot {
    return this.#breaker.snapshot(now)
  }

  force(mode: 'open' | 'closed' | 'auto', now: number): void {
    this.#breaker.force(mode, now)
  }

  configure(rule: BreakerRule): void {
    this.#breaker.configure(rule)
  }
}

/** A retry budget that is held to its promise by somebody who keeps every time. */
export class WatchedBudget implements RetryBudget {
  readonly name: string
  taken = 0
  /** Retries that the rule does not allow. */
  excess = 0
  readonly #budget: RetryBudget
  readonly #requests: number[] = []
  readonly #retries: number[] = []
  #rule: BudgetRule | null = null

  constructor(name: string, budget: RetryBudget) {
    this.name = name
    this.#budget = budget
  }

  request(now: number): void {
    this.#requests.push(now)
    this.#budget.request(now)
  }

  tryTake(now: number): boolean {
    if (!this.#budget.tryTake(now)) return false
    this.taken++
    this.#retries.push(now)
    if (this.#rule !== null) this.#check(this.#rule, now)
    return true
  }

  configure(rule: BudgetRule): void {
    this.#rule = rule
    this.#budget.configure(rule)
  }

  /** A window that is cut into ten buckets covers nine tenths of its length for certain and all of it at most. */
  #check({ ratio, minPerSecond, windowMs }: BudgetRule, now: number): void {
    const retries = countSince(this.#retries, now - windowMs * 0.9)
    const requests = countSince(this.#requests, now - windowMs)
    if (retries > ratio * requests + (minPerSecond * windowMs) / 1000 + 1e-9) this.excess++
  }
}

/** Times are kept in order; what is too old is looked at from the end only. */
function countSince(times: readonly number[], from: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((times[middle] as number) > from) high = middle
    else low = middle + 1
  }
  return times.length - low
}

/** State of one run: nothing outlives it. Breakers and budgets are watched. */
export class WatchedState implements StateLease {
  readonly breakers: WatchedBreaker[] = []
  readonly budgets: WatchedBudget[] = []
  readonly #values = new Map<string, unknown>()

  take<T>(key: string, make: () => T): T {
    if (!this.#values.has(key)) this.#values.set(key, this.#watch(key, make()))
    return this.#values.get(key) as T
  }

  onRelease(): void {}

  release(): void {}

  #watch(key: string, value: unknown): unknown {
    if (key.startsWith('breaker:')) {
      const breaker = new WatchedBreaker(key, value as Breaker)
      this.breakers.push(breaker)
      return breaker
    }
    if (!key.startsWith('budget:')) return value
    const budget = new WatchedBudget(key, value as RetryBudget)
    this.budgets.push(budget)
    return budget
  }
}
