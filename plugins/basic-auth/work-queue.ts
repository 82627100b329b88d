/** Runs a few works at once and lets a few more wait. */
export class WorkQueue {
  readonly #mostWaiting: number
  readonly #waiting: (() => void)[] = []
  #free: number

  constructor(atOnce: number, mostWaiting: number) {
    this.#free = atOnce
    this.#mostWaiting = mostWaiting
  }

  /** Null when there is no place left to wait in; then the work is not begun. */
  run<T>(work: () => Promise<T>): Promise<T> | null {
    if (this.#free > 0) {
      this.#free--
      return this.#finish(work)
    }
    if (this.#waiting.length >= this.#mostWaiting) return null
    return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() => this.#finish(work))
  }

  async #finish<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } finally {
      // The place is handed on rather than given back: whoever comes at this moment must not take it as well.
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
