import { StoreUnavailable, type Clock, type LimitQuestion, type LimitStore, type LimitVerdict } from '../plugin-api/index.ts'
import type { StorePlan, StoreState } from './scenario.ts'

export interface DistantStoreServices {
  readonly clock: Clock
  /** A promise was settled: who waits for it runs before time goes on. */
  readonly onSettled: () => void
}

/**
 * Limits as they are counted in Redis: half a round trip away, and not always there. One that was silent for longer than the timeout is not
 * asked again before it is back, as by the gateway's own connection.
 */
export class DistantStore implements LimitStore {
  readonly #store: LimitStore
  readonly #plan: StorePlan
  readonly #services: DistantStoreServices
  readonly #waiting = new Set<(refusal: StoreUnavailable) => void>()
  #state: StoreState = 'back'
  /** Why it is not asked; null when it is. */
  #refusal: StoreUnavailable | null = null

  /** @param store What decides there; answers at once */
  constructor(store: LimitStore, plan: StorePlan, services: DistantStoreServices) {
    this.#store = store
    this.#plan = plan
    this.#services = services
  }

  set state(state: StoreState) {
    this.#state = state
    if (state === 'back') this.#refusal = null
    if (state !== 'away') return
    this.#refusal = new StoreUnavailable('disconnected', 'there is no connection to Redis')
    for (const refuse of this.#waiting) refuse(this.#refusal)
  }

  consume(questions: readonly LimitQuestion[]): Promise<readonly LimitVerdict[]> {
    return this.#ask(() => this.#store.consume(questions))
  }

  charge(questions: readonly LimitQuestion[]): Promise<void> {
    return this.#ask(() => this.#store.charge(questions))
  }

  peek(questions: readonly LimitQuestion[]): Promise<readonly LimitVerdict[]> {
    return this.#ask(() => this.#store.peek(questions))
  }

  #ask<T>(decide: () => T | Promise<T>): Promise<T> {
    const { clock, onSettled } = this.#services
    if (this.#refusal !== null) {
      onSettled()
      return Promise.reject(this.#refusal)
    }
    return new Promise((resolve, reject) => {
      const cancels: (() => void)[] = []
      const end = (settle: () => void): void => {
        for (const cancel of cancels) cancel()
        this.#waiting.delete(refuse)
        settle()
        onSettled()
      }
      const refuse = (refusal: StoreUnavailable): void => end(() => reject(refusal))
      this.#waiting.add(refuse)
      cancels.push(clock.after(this.#plan.timeoutMs, () => refuse(this.#timedOut())))
      cancels.push(
        clock.after(this.#plan.roundTripMs / 2, () => {
          if (this.#state !== 'back') return
          const answer = decide()
          cancels.push(clock.after(this.#plan.roundTripMs / 2, () => end(() => resolve(answer))))
        })
      )
    })
  }

  #timedOut(): StoreUnavailable {
    const refusal = new StoreUnavailable('timeout', 'Redis does not answer')
    if (this.#state === 'silent') this.#refusal ??= refusal
    return refusal
  }
}
