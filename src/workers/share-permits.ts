import type { PermitAnswer, PermitQuestion, PermitRule, PermitStore } from '../plugin-api/index.ts'
import { type Part, shareOf } from './share-plan.ts'

/** Places of requests in flight that are counted in memory: each worker has its part of every limit. */
export class SharedOutPermits implements PermitStore {
  readonly #store: PermitStore
  readonly #part: Part
  readonly #rules = new WeakMap<PermitRule, PermitRule>()

  constructor(store: PermitStore, part: Part) {
    this.#store = store
    this.#part = part
  }

  acquire(questions: readonly PermitQuestion[]): PermitAnswer | Promise<PermitAnswer> {
    return this.#store.acquire(questions.map(({ rule, key }) => ({ rule: this.#partOf(rule), key })))
  }

  #partOf(rule: PermitRule): PermitRule {
    let own = this.#rules.get(rule)
    if (own === undefined) this.#rules.set(rule, (own = { ...rule, limit: shareOf(rule.limit, this.#part) }))
    return own
  }
}
