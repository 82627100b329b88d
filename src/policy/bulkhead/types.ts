export interface BulkheadRule {
  /** Requests that may run at the same time; the upper limit when adaptive. */
  readonly maxConcurrent: number
  readonly maxQueued: number
  readonly queueTimeoutMs: number
  /** Finds the limit by itself between `minConcurrent` and `maxConcurrent`; null for a fixed one. */
  readonly adaptive: AdaptiveRule | null
}

export interface AdaptiveRule {
  readonly minConcurrent: number
  readonly initialConcurrent: number
  /** Growth of latency over the long-term average that is still taken for normal; 1.5 allows half as much again. */
  readonly tolerance: number
}

export interface Waiter {
  /** Called once when the waiter's turn came; it then holds a place. Never called after `leave`. */
  run(): void
}

/** Places for requests: at most n run, a bounded number waits in order. Time limits of the queue are the caller's (it has the clock). */
export interface Bulkhead {
  /** Takes a place at once; false when there is none. Waiting requests go first. */
  tryEnter(): boolean
  /** Joins the queue; false when it is full. */
  enqueue(waiter: Waiter): boolean
  /** Takes a waiter out of the queue (time-out, client gone); false when it is not in it any more. */
  dequeue(waiter: Waiter): boolean
  /** Gives a place back, with what was learnt for the adaptive limit; wakes the next waiter. `durationMs` null when it says nothing (client abort). */
  leave(durationMs: number | null, failed: boolean): void
  readonly running: number
  readonly queued: number
  readonly limit: number
  configure(rule: BulkheadRule): void
}
