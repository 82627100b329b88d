import type { LimitQuestion, LimitRule } from '../../policy/limiter/types.ts'
import { KeyLease } from './key-lease.ts'

/** Leases by rule and key, within a bound: those that asked the shared count longest ago go first. */
export class LeaseTable {
  readonly #leases = new Map<string, KeyLease>()
  readonly #prefixes = new WeakMap<LimitRule, string>()
  readonly #maxKeys: number
  readonly #onEvict: (lease: KeyLease) => void

  constructor(maxKeys: number, onEvict: (lease: KeyLease) => void) {
    this.#maxKeys = maxKeys
    this.#onEvict = onEvict
  }

  get size(): number {
    return this.#leases.size
  }

  find(question: LimitQuestion): KeyLease | null {
    return this.#leases.get(this.#nameOf(question)) ?? null
  }

  findOrAdd(question: LimitQuestion): KeyLease {
    const name = this.#nameOf(question)
    const found = this.#leases.get(name)
    if (found !== undefined) return found
    const lease = new KeyLease(name, question)
    this.#leases.set(name, lease)
    if (this.#leases.size > this.#maxKeys) this.#evict()
    return lease
  }

  /** It asks the shared count now. Not with every request that is served from it: that would cost as much as the decision. */
  touch(lease: KeyLease): void {
    if (this.#leases.delete(lease.name)) this.#leases.set(lease.name, lease)
  }

  #evict(): void {
    for (const lease of this.#leases.values()) {
      // Who waits for its refill will look for it.
      if (lease.pending !== null) continue
      this.#leases.delete(lease.name)
      this.#onEvict(lease)
      return
    }
  }

  #nameOf({ rule, key }: LimitQuestion): string {
    let prefix = this.#prefixes.get(rule)
    if (prefix === undefined) {
      prefix = `${rule.algorithm} ${rule.calendar ?? ''} ${rule.id} `
      this.#prefixes.set(rule, prefix)
    }
    return prefix + key
  }
}
