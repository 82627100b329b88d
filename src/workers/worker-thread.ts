import type { EventLoopUtilization } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import { Line } from './calls.ts'
import type { SupervisorLine, WorkerStart } from './messages.ts'

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

/** Why a thread has ended; the error is missing when it just did. */
export interface ThreadEnd {
  readonly error: Error | null
  readonly code: number
}

/** One worker as its supervisor sees it, for as long as its thread lives. */
export class WorkerThread {
  readonly number: number
  readonly line: SupervisorLine
  readonly ended: Promise<ThreadEnd>
  readonly #thread: Worker
  #busy: EventLoopUtilization | undefined

  constructor(start: WorkerStart) {
    this.number = start.worker
    this.#thread = new Worker(new URL(`./worker-main.${extension}`, import.meta.url), { workerData: start, name: `worker ${start.worker}` })
    this.line = new Line(this.#thread)
    let failure: Error | null = null
    this.#thread.on('error', (error) => {
      failure = error instanceof Error ? error : new Error(String(error))
    })
    this.ended = new Promise((resolve) => {
      this.#thread.once('exit', (code) => {
        this.line.close(failure === null ? 'its thread has ended' : `its thread has ended: ${failure.message}`)
        resolve({ error: failure, code })
      })
    })
  }

  /** Busy share of its event loop since the last question, 0 to 1. */
  utilization(): number {
    const { performance } = this.#thread
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, this.#busy)
    this.#busy = now
    return utilization
  }

  /** At once, wherever it is. */
  async terminate(): Promise<void> {
    await this.#thread.terminate()
  }
}
