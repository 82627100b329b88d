import { Worker } from 'node:worker_threads'
import type { BreakerRule } from '../../src/policy/breaker/types.ts'

/** What a worker does when the gate opens, many times over. */
export type Deed =
  | { readonly do: 'fail' | 'succeed'; readonly times: number; readonly now: number }
  /** Takes probes and keeps them. */
  | { readonly do: 'hold'; readonly times: number; readonly now: number }
  /** Asks until it had so many probes, gives them back soon, with an eye on how many run. */
  | { readonly do: 'pass'; readonly probes: number; readonly now: number }
  /** Settles the probes that it kept. */
  | { readonly do: 'settle'; readonly now: number }
  /** Everything that changes memory, until it is ended. */
  | { readonly do: 'churn' }

export interface Done {
  readonly permits: number
  readonly transitions: readonly string[]
}

export interface WorkerData {
  readonly buffer: SharedArrayBuffer
  readonly worker: number
  readonly rule: BreakerRule
  /** GATE, ARRIVED, RUNNING, MOST_RUNNING, CHURNS. */
  readonly board: Int32Array
}

export const GATE = 0
export const ARRIVED = 1
export const RUNNING = 2
export const MOST_RUNNING = 3
export const CHURNS = 4
export const NAME = 'upstream:orders'

/** Real threads over one memory; deeds begin in all of them at the same moment. */
export class BreakerWorkers {
  readonly board = new Int32Array(new SharedArrayBuffer(8 * Int32Array.BYTES_PER_ELEMENT))
  readonly #workers: Worker[] = []
  readonly #buffer: SharedArrayBuffer
  readonly #rule: BreakerRule

  constructor(buffer: SharedArrayBuffer, rule: BreakerRule) {
    this.#buffer = buffer
    this.#rule = rule
  }

  start(worker: number): Worker {
    const workerData: WorkerData = { buffer: this.#buffer, worker, rule: this.#rule, board: this.board }
    const thread = new Worker(new URL('breaker-worker.ts', import.meta.url), { workerData })
    this.#workers.push(thread)
    return thread
  }

  /** What each of them did, when all have done. */
  all(deed: Deed): Promise<readonly Done[]> {
    Atomics.store(this.board, GATE, 0)
    Atomics.store(this.board, ARRIVED, 0)
    const answers = this.#workers.map(
      (thread) =>
        new Promise<Done>((resolve, reject) => {
          thread.once('error', reject)
          thread.once('message', (done: Done) => {
            thread.off('error', reject)
            resolve(done)
          })
          thread.postMessage({ deed, of: this.#workers.length })
        })
    )
    return Promise.all(answers)
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((thread) => thread.terminate()))
  }
}
