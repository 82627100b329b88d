import type { Clock } from '../plugin-api/index.ts'

/** A worker that has not answered by then is left out: nobody must hang because one event loop does. */
const ANSWER_MS = 2000

export interface Answered<T> {
  readonly number: number
  readonly answer: T
}

/** Questions to workers, each with a limit. */
export class AskWorkers<W extends { readonly number: number }> {
  readonly #clock: Clock
  readonly #workers: () => readonly W[]

  /** @param workers Those that can be asked. */
  constructor(clock: Clock, workers: () => readonly W[]) {
    this.#clock = clock
    this.#workers = workers
  }

  /** The answers that came, in the order of the workers. */
  async all<T>(ask: (worker: W) => Promise<T>): Promise<readonly Answered<T>[]> {
    const answers = await Promise.all(this.#workers().map((worker) => this.#ask(worker, ask)))
    return answers.flatMap((answered) => answered ?? [])
  }

  /** The answer of one, the first that has any; null when nobody has. */
  async any<T>(ask: (worker: W) => Promise<T>): Promise<Answered<T> | null> {
    for (const worker of this.#workers()) {
      const answered = await this.#ask(worker, ask)
      if (answered !== null) return answered
    }
    return null
  }

  #ask<T>(worker: W, ask: (worker: W) => Promise<T>): Promise<Answered<T> | null> {
    return new Promise((resolve) => {
      const cancel = this.#clock.after(ANSWER_MS, () => resolve(null))
      const settle = (answered: Answered<T> | null): void => {
        cancel()
        resolve(answered)
      }
      ask(worker).then(
        (answer) => settle({ number: worker.number, answer }),
        // Its thread has ended, or it failed in a way that it has told in the log.
        () => settle(null)
      )
    })
  }
}
