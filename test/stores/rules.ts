import type { LimitQuestion, LimitRule } from '../../src/plugin-api/limits/store.ts'
import { createMemoryStore, type MemoryStore, type MemoryStoreOptions } from '../../src/stores/memory/memory-store.ts'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'

/** Ten a minute, all at once, unless something else is said. */
export function ruleOf(algorithm: LimitRule['algorithm'], numbers: Partial<LimitRule> = {}): LimitRule {
  return { id: `a ${algorithm}`, algorithm, limit: 10, windowMs: 60_000, burst: 10, calendar: null, ...numbers }
}

export const ALGORITHMS = ['gcra', 'sliding-window', 'fixed-window'] as const

export function ask(rule: LimitRule, cost = 1, key = 'k'): LimitQuestion {
  return { rule, key, cost }
}

/** A store with room for everything, under a clock that stands still. */
export function newStore(options: Partial<MemoryStoreOptions> = {}): { readonly store: MemoryStore; readonly clock: FakeClock } {
  const clock = new FakeClock()
  return { store: createMemoryStore({ maxKeys: 1000, maxBytes: 1_000_000, clock, ...options }), clock }
}

/** How many single units of this rule and key are let in now. */
export function letIn(store: MemoryStore, rule: LimitRule, key = 'k'): number {
  for (let count = 0; ; count++) if (store.consume([ask(rule, 1, key)])[0]?.allowed !== true) return count
}
