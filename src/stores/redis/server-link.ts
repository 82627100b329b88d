import type { Redis } from 'ioredis'
import type { Clock } from '../../plugin-api/index.ts'
import { StoreUnavailable } from '../../plugin-api/limits/store.ts'
import type { ScriptCall } from './encoding.ts'
import { replyCode, unavailableFrom } from './failure.ts'
import type { AnswerErrors } from './answer-errors.ts'
import type { Presence } from './presence.ts'
import type { Script } from './script.ts'

export interface ServerLinkOptions {
  readonly script: Script
  readonly clock: Clock
  readonly timeoutMs: number
  readonly presence: Presence
  readonly errors: AnswerErrors
  /** Where calls are sent to; null when there is no connection. */
  readonly connection: () => Redis | null
  /** Sends one call with the script itself, wherever its keys are now. */
  readonly resend: (call: ScriptCall) => Promise<unknown>
}

interface Waiting {
  readonly call: ScriptCall
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: StoreUnavailable) => void
}

/** Calls that were sent together. */
interface Batch {
  readonly calls: readonly Waiting[]
  open: number
  cancel: () => void
}

/** The server has run nothing: it does not know the script, or another one has the keys. */
const UNTOUCHED: ReadonlySet<string | null> = new Set(['NOSCRIPT', 'MOVED', 'ASK'])

/** Runs calls of scripts on one server: those of one turn of the event loop in one write, each with its own end. */
export class ServerLink {
  readonly #options: ServerLinkOptions
  #queue: Waiting[] = []
  readonly #batches = new Set<Batch>()

  constructor(options: ServerLinkOptions) {
    this.#options = options
  }

  /** @throws StoreUnavailable (rejects) */
  run(call: ScriptCall): Promise<unknown> {
    const { refusal } = this.#options.presence
    if (refusal !== null) return Promise.reject(refusal)
    return new Promise((resolve, reject) => {
      // After the poll phase: then everything that came in with this turn is there.
      if (this.#queue.push({ call, resolve, reject }) === 1) setImmediate(() => this.flush())
    })
  }

  /** Refuses what has not been answered. */
  abandon(error: StoreUnavailable): void {
    const queued = this.#queue
    this.#queue = []
    for (const { reject } of queued) reject(error)
    for (const batch of this.#batches) {
      batch.cancel()
      // Those that have their answer are not changed by this.
      for (const { reject } of batch.calls) reject(error)
    }
    this.#batches.clear()
  }

  /** Sends what waits for the end of this turn. */
  flush(): void {
    const calls = this.#queue
    this.#queue = []
    if (calls.length === 0) return
    const { script, clock, timeoutMs, presence } = this.#options
    const connection = presence.refusal === null ? this.#options.connection() : null
    if (connection === null) {
      const error = presence.refusal ?? new StoreUnavailable('disconnected', 'there is no connection to Redis')
      for (const { reject } of calls) reject(error)
      return
    }
    const batch: Batch = { calls, open: calls.length, cancel: clock.after(timeoutMs, () => this.#timedOut()) }
    this.#batches.add(batch)
    // Not by a pipeline of ioredis: each defines a getter of its own, and the hidden class that comes of it keeps the pipeline with all of its calls until the next full
    // collection. With one for each turn, a collection of young objects took 12 ms in place of 2.
    // A node of a cluster has no stream before its first call, which waits for it.
    const stream = connection.stream as typeof connection.stream | undefined
    stream?.cork()
    try {
      for (const waiting of calls) {
        const { keys, args, script: own = script } = waiting.call
        connection.evalsha(own.sha, keys.length, ...keys, ...args).then(
          (answer) => this.#settle(batch, waiting, null, answer),
          (error: unknown) => this.#failed(batch, waiting, error)
        )
      }
    } finally {
      stream?.uncork()
    }
  }

  #failed(batch: Batch, waiting: Waiting, error: unknown): void {
    if (!UNTOUCHED.has(replyCode(error)) || !this.#batches.has(batch)) {
      this.#settle(batch, waiting, error, null)
      return
    }
    this.#options.resend(waiting.call).then(
      (again) => this.#settle(batch, waiting, null, again),
      (failure: unknown) => this.#settle(batch, waiting, failure, null)
    )
  }

  #settle(batch: Batch, { resolve, reject }: Waiting, error: unknown, answer: unknown): void {
    if (error === null) {
      this.#options.errors.answered()
      resolve(answer)
    } else {
      const code = replyCode(error)
      if (code !== null) this.#options.errors.failed(code)
      reject(unavailableFrom(error))
    }
    if (--batch.open > 0) return
    batch.cancel()
    this.#batches.delete(batch)
  }

  /** Answers come in the order of the calls, so those behind one that is late are late too. */
  #timedOut(): void {
    this.#options.presence.timedOut()
    this.abandon(new StoreUnavailable('timeout', 'Redis did not answer in time'))
  }
}
