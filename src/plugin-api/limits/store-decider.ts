import { gatewayError, type GatewayError } from '../../errors.ts'
import type { PolicyCounters } from './policy-counters.ts'
import { StoreUnavailable } from './store.ts'

/** How long a client should wait when nobody can say what of its limit is used. */
const RETRY_SECONDS = '1'

export interface StoreUse<S> {
  readonly store: S
  readonly onStoreError: 'allow' | 'deny' | 'local'
  readonly memory: S
  readonly isDryRun: boolean
  readonly counters: readonly PolicyCounters[]
}

export interface StoreDeciderSettings<S, Q, A> extends StoreUse<S> {
  ask(store: S, question: Q): A | Promise<A>
  /** Undefined lets the request pass. @param store The one that answered. */
  conclude(question: Q, store: S, answer: A): GatewayError | undefined
  /** What a refused client is told while the store is away. */
  readonly awayDetail: string
}

type Done = (error?: Error) => void

/** Decides about requests by the answers of a store, and without them while it is away. */
export class StoreDecider<S, Q, A extends object> {
  readonly #settings: StoreDeciderSettings<S, Q, A>

  constructor(settings: StoreDeciderSettings<S, Q, A>) {
    this.#settings = settings
  }

  /** Calls `done` at once when the store answers at once. */
  decide(question: Q, done: Done): void {
    const { store } = this.#settings
    const answer = this.#settings.ask(store, question)
    if (isPromise(answer)) void this.#answerLater(question, answer, done)
    else done(this.#settings.conclude(question, store, answer))
  }

  async #answerLater(question: Q, answer: Promise<A>, done: Done): Promise<void> {
    let error: Error | undefined
    try {
      error = await this.#decideLater(question, answer)
    } catch (thrown) {
      error = thrown as Error
    }
    done(error)
  }

  async #decideLater(question: Q, promise: Promise<A>): Promise<GatewayError | undefined> {
    let answer: A
    try {
      answer = await promise
    } catch (error) {
      return this.#withoutStore(question, error)
    }
    return this.#settings.conclude(question, this.#settings.store, answer)
  }

  async #withoutStore(question: Q, error: unknown): Promise<GatewayError | undefined> {
    if (!(error instanceof StoreUnavailable)) throw error
    const { counters, onStoreError, memory, isDryRun, awayDetail } = this.#settings
    for (const counter of counters) counter.storeErrors[error.reason].inc()
    if (onStoreError === 'local') return this.#settings.conclude(question, memory, await this.#settings.ask(memory, question))
    if (onStoreError === 'deny' && !isDryRun) {
      return gatewayError('SP_OVERLOADED', { detail: awayDetail, headers: { 'retry-after': RETRY_SECONDS }, cause: error })
    }
    for (const counter of counters) counter.allowed.inc()
    return undefined
  }
}

function isPromise<A extends object>(answer: A | Promise<A>): answer is Promise<A> {
  return 'then' in answer
}
