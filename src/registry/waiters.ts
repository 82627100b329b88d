import type { Clock } from '../plugin-api/index.ts'

interface Waiter {
  readonly isDue: () => boolean
  readonly end: () => void
}

/** Queries that wait for a change: https://www.consul.io/api-docs/features/blocking */
export class Waiters {
  readonly #clock: Clock
  readonly #waiting = new Set<Waiter>()
  #closed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** How many are waiting. */
  get size(): number {
    return this.#waiting.size
  }

  /** Resolves when `isDue` holds after a change, when the time is over, or when nobody wants to know any more. */
  async wait(isDue: () => boolean, waitMs: number, signal: AbortSignal): Promise<void> {
    if (isDue() || signal.aborted || this.#closed) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const waiter = { isDue, end: resolve }
    this.#waiting.add(waiter)
    const cancel = this.#clock.after(waitMs, resolve)
    signal.addEventListener('abort', () => resolve(), { once: true })
    await promise
    cancel()
    this.#waiting.delete(waiter)
  }

  /** Something has changed. */
  wake(): void {
    for (const waiter of this.#waiting) if (waiter.isDue()) waiter.end()
  }

  /** Ends all, and those that come later at once. */
  close(): void {
    this.#closed = true
    for (const waiter of this.#waiting) waiter.end()
  }
}
