import type { LimitQuestion, LimitRule, LimitStore, LimitVerdict } from '../plugin-api/index.ts'

/** What was admitted of one key, in order. */
interface Admissions {
  readonly units: { readonly atMs: number; cost: number }[]
  /** The most that any rule of the key allows in one window: overrides share a key when they do not count by consumer. */
  most: number
}

/** Times are rounded by stores, to a µs. */
const SLACK_MS = 0.002

/**
 * A store of limits that is held to its promise by somebody who keeps every admission and does nothing but add: whatever the algorithm, no stretch of
 * a window's length may see more than `limit` (`gcra`: and `burst`; `fixed-window`: twice that, where two windows touch).
 */
export class WatchedLimits implements LimitStore {
  readonly #store: LimitStore
  readonly #now: () => number
  readonly #onExcess: (detail: string) => void
  readonly #admitted = new Map<string, Admissions>()

  /** @param store Answers at once */
  constructor(store: LimitStore, now: () => number, onExcess: (detail: string) => void) {
    this.#store = store
    this.#now = now
    this.#onExcess = onExcess
  }

  consume(questions: readonly LimitQuestion[]): readonly LimitVerdict[] {
    const verdicts = this.#store.consume(questions) as readonly LimitVerdict[]
    if (verdicts.every(({ allowed }) => allowed)) for (const question of questions) this.#admit(question)
    return verdicts
  }

  charge(questions: readonly LimitQuestion[]): void {
    // What is charged beyond a limit is no admission; what is given back makes room for others.
    for (const question of questions) if (question.cost < 0) this.#giveBack(question)
    void this.#store.charge(questions)
  }

  peek(questions: readonly LimitQuestion[]): readonly LimitVerdict[] {
    return this.#store.peek(questions) as readonly LimitVerdict[]
  }

  #admit({ rule, key, cost }: LimitQuestion): void {
    if (cost === 0) return
    const nowMs = this.#now()
    const admissions = this.#admissionsOf(rule, key)
    const { units } = admissions
    admissions.most = Math.max(admissions.most, mostOf(rule))
    while (units[0] !== undefined && units[0].atMs <= nowMs - rule.windowMs + SLACK_MS) units.shift()
    units.push({ atMs: nowMs, cost })
    const sum = units.reduce((total, one) => total + one.cost, 0)
    if (sum > admissions.most) this.#onExcess(`${rule.id} for ${key}: ${sum} in ${rule.windowMs} ms instead of ${admissions.most}`)
  }

  #giveBack({ rule, key, cost }: LimitQuestion): void {
    const { units } = this.#admissionsOf(rule, key)
    let left = -cost
    for (let last = units.at(-1); last !== undefined && left > 0; last = units.at(-1)) {
      const taken = Math.min(left, last.cost)
      last.cost -= taken
      left -= taken
      if (last.cost === 0) units.pop()
    }
  }

  #admissionsOf(rule: LimitRule, key: string): Admissions {
    const name = JSON.stringify([rule.algorithm, rule.id, key])
    const found = this.#admitted.get(name) ?? { units: [], most: 0 }
    this.#admitted.set(name, found)
    return found
  }
}

function mostOf({ algorithm, limit, burst }: LimitRule): number {
  if (algorithm === 'gcra') return limit + burst
  return algorithm === 'fixed-window' ? 2 * limit : limit
}
