import type { Clock } from '../../plugin-api/index.ts'
import { StoreUnavailable } from '../../plugin-api/limits/store.ts'

/** Told once when a server goes and once when it is back. */
export interface PresenceChange {
  readonly isUp: boolean
  /** For operators; without secrets. */
  readonly reason: string
}

export interface PresenceOptions {
  readonly clock: Clock
  /** Between a time-out and the question whether the server is back, and between two of those. */
  readonly cooldownMs: number
  /** Resolves when the server answers, rejects when it does not or not in time. */
  readonly ping: () => Promise<unknown>
  readonly onChange: (change: PresenceChange) => void
}

/**
 * Whether a server is asked at all. One that did not answer in time is left alone: calls are refused at once, and after a cooldown it is pinged
 * by nobody's request, so that no caller ever waits for a server that is known to be frozen.
 */
export class Presence {
  readonly #options: PresenceOptions
  /** The same error for everybody who is refused: a stack for each of them would cost more than the request. */
  #refusal: StoreUnavailable | null
  #toldDown = false
  #cancelProbe: (() => void) | null = null

  constructor(options: PresenceOptions, isUp: boolean) {
    this.#options = options
    this.#refusal = isUp ? null : new StoreUnavailable('disconnected', 'there is no connection to Redis yet')
  }

  /** Why it is not asked now; null when it is. */
  get refusal(): StoreUnavailable | null {
    return this.#refusal
  }

  disconnected(reason: string): void {
    this.#stopProbing()
    this.#down(new StoreUnavailable('disconnected', `there is no connection to Redis: ${reason}`), reason)
  }

  timedOut(): void {
    this.#down(new StoreUnavailable('timeout', 'Redis does not answer'), 'no answer in time')
    if (this.#cancelProbe === null) this.#probeLater()
  }

  up(): void {
    this.#stopProbing()
    this.#refusal = null
    if (!this.#toldDown) return
    this.#toldDown = false
    this.#options.onChange({ isUp: true, reason: 'it answers again' })
  }

  /** Nothing more is done or told. */
  close(): void {
    this.#stopProbing()
    this.#refusal = new StoreUnavailable('disconnected', 'the connection to Redis was closed')
    this.#toldDown = true
  }

  #down(refusal: StoreUnavailable, reason: string): void {
    this.#refusal = refusal
    if (this.#toldDown) return
    this.#toldDown = true
    this.#options.onChange({ isUp: false, reason })
  }

  #probeLater(): void {
    const { clock, cooldownMs, ping } = this.#options
    const cancel = clock.after(cooldownMs, () => {
      ping().then(
        () => {
          if (this.#cancelProbe === cancel) this.up()
        },
        () => {
          if (this.#cancelProbe === cancel) this.#probeLater()
        }
      )
    })
    this.#cancelProbe = cancel
  }

  #stopProbing(): void {
    this.#cancelProbe?.()
    this.#cancelProbe = null
  }
}
