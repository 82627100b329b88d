import { createGradientLimit, type GradientLimit } from './gradient.ts'
import type { Bulkhead, BulkheadRule, Waiter } from './types.ts'

/** Places after Nygard's bulkhead. Waiters are served in order; nobody who comes later passes them. */
export function createBulkhead(rule: BulkheadRule): Bulkhead {
  return new Places(rule)
}

class Places implements Bulkhead {
  #rule: BulkheadRule
  #adaptive: GradientLimit | null
  /** In order of arrival; a Set gives that and lets one leave from the middle at once. */
  readonly #queue = new Set<Waiter>()
  #running = 0
  #waking = false

  constructor(rule: BulkheadRule) {
    this.#rule = rule
    this.#adaptive = rule.adaptive === null ? null : createGradientLimit(rule.adaptive, rule.maxConcurrent)
  }

  get running(): number {
    return this.#running
  }
  get queued(): number {
    return this.#queue.size
  }
  get limit(): number {
    return this.#adaptive === null ? this.#rule.maxConcurrent : this.#adaptive.limit
  }

  tryEnter(): boolean {
    if (this.#running >= this.limit || this.#queue.size > 0) return false
    this.#running++
    return true
  }

  enqueue(waiter: Waiter): boolean {
    if (this.#queue.size >= this.#rule.maxQueued) return false
    this.#queue.add(waiter)
    return true
  }

  dequeue(waiter: Waiter): boolean {
    return this.#queue.delete(waiter)
  }

  leave(durationMs: number | null, failed: boolean): void {
    if (this.#adaptive !== null && durationMs !== null) this.#adaptive.sample(durationMs, this.#running, failed)
    this.#running--
    this.#wake()
  }

  configure(rule: BulkheadRule): void {
    const before = this.#rule
    this.#rule = rule
    if (rule.adaptive === null) this.#adaptive = null
    else if (this.#adaptive === null || before.adaptive === null) this.#adaptive = createGradientLimit(rule.adaptive, rule.maxConcurrent)
    else this.#adaptive.configure(rule.adaptive, rule.maxConcurrent)
    this.#wake()
  }

  /** A waiter may leave again before its `run` returns: the loop below sees that, a call within a call would grow the stack. */
  #wake(): void {
    if (this.#waking) return
    this.#waking = true
    while (this.#queue.size > 0 && this.#running < this.limit) {
      const [next] = this.#queue as Iterable<Waiter> as [Waiter]
      this.#queue.delete(next)
      this.#running++
      next.run()
    }
    this.#waking = false
  }
}
