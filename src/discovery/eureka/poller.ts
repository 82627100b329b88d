import type { EurekaSettings } from '../../config/plan-discovery.ts'
import { backoffMs } from '../backoff.ts'
import type { HttpAnswer, HttpClient } from '../http-client.ts'
import type { ProviderDeps } from '../types.ts'
import { applyDelta, hashOf, parseApplications, registryOf, type Registry } from './registry.ts'

/** Time for an answer. */
const ANSWER_MS = 10_000

/**
 * A server forgets changes after three minutes (`retentionTimeInMSInDeltaQueue`) and may answer from a cache half a minute old. The hash only
 * counts, so that it does not notice when one instance took the place of another beyond that.
 */
const DELTA_REACH_MS = 120_000

export interface PollOptions {
  readonly settings: EurekaSettings
  readonly http: HttpClient
  readonly deps: ProviderDeps
  /** Called after every poll. */
  readonly onRegistry: () => void
  readonly onFailure: (error: Error) => void
}

/** Keeps a copy of the whole registry: all of it once, then what changed, as Netflix's own client does. */
export class EurekaPoller {
  readonly #options: PollOptions
  #registry: Registry = new Map()
  /** Of the last poll that succeeded; null when changes cannot be added to the copy. */
  #polledMs: number | null = null
  #forgot = false
  #asks: 'nothing' | 'delta' | 'all' = 'nothing'
  #failures = 0
  #running: AbortController | null = null
  #cancelNext: (() => void) | null = null

  constructor(options: PollOptions) {
    this.#options = options
  }

  /** Null before the first answer, and while there is none. */
  get registry(): Registry | null {
    return this.#polledMs === null ? null : this.#registry
  }

  /** The server came back without anything of what it knew, and nobody has registered yet. */
  get isRefilling(): boolean {
    return this.#forgot
  }

  start(): void {
    if (this.#running !== null) return
    this.#running = new AbortController()
    void this.#poll(this.#running.signal)
  }

  /** Forgets the copy: nobody keeps it up to date. */
  stop(): void {
    this.#running?.abort()
    this.#running = null
    this.#cancelNext?.()
    this.#registry = new Map()
    this.#polledMs = null
    this.#forgot = false
    this.#asks = 'nothing'
    this.#failures = 0
  }

  /** Asks for all of it at once. */
  refresh(): void {
    if (this.#running === null || this.#asks === 'all') return
    this.#polledMs = null
    // What is under way goes on to ask for all of it.
    if (this.#asks === 'delta') return
    this.#cancelNext?.()
    void this.#poll(this.#running.signal)
  }

  async #poll(signal: AbortSignal): Promise<void> {
    const { settings, deps, onRegistry, onFailure } = this.#options
    const isRecent = this.#polledMs !== null && deps.clock.now() - this.#polledMs <= DELTA_REACH_MS
    this.#asks = isRecent ? 'delta' : 'all'
    let failure: Error | null = null
    try {
      if (!isRecent || !(await this.#fetchDelta(signal))) await this.#fetchAll(signal)
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error))
    }
    if (signal.aborted) return
    this.#asks = 'nothing'
    this.#failures = failure === null ? 0 : this.#failures + 1
    this.#polledMs = failure === null ? deps.clock.now() : null
    const chance = deps.random.next()
    const waitMs = failure === null ? settings.intervalMs * (0.9 + 0.2 * chance) : backoffMs(this.#failures, chance)
    this.#cancelNext = deps.clock.after(waitMs, () => void this.#poll(signal))
    if (failure === null) onRegistry()
    else onFailure(failure)
  }

  /** Returns false when only all of it helps. Never throws: whatever goes wrong here, all of it is asked for next. */
  async #fetchDelta(signal: AbortSignal): Promise<boolean> {
    try {
      const answer = await this.#get('/apps/delta', signal)
      if (signal.aborted || answer.status !== 200) return false
      const delta = parseApplications(answer.json())
      const next = applyDelta(this.#registry, delta)
      // Somebody wants all of it meanwhile, or a change was missed.
      if (this.#polledMs === null || hashOf(next) !== delta.hash) return false
      this.#learn(next)
      return true
    } catch {
      return false
    }
  }

  async #fetchAll(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return
    this.#asks = 'all'
    const answer = await this.#get('/apps', signal)
    const { status } = answer
    if (status === 401) throw new Error('Eureka does not accept the username and the password')
    if (status !== 200) throw new Error(`Eureka answered ${status} to GET /apps${status === 404 ? '; is the path of its address right?' : ''}`)
    const next = registryOf(parseApplications(answer.json()))
    if (signal.aborted) return
    if (next.size === 0 && this.#registry.size > 0) this.#forgot = true
    this.#learn(next)
  }

  #learn(next: Registry): void {
    this.#registry = next
    if (next.size > 0) this.#forgot = false
  }

  async #get(path: string, signal: AbortSignal): Promise<HttpAnswer> {
    return this.#options.http.request({ path, timeoutMs: ANSWER_MS, signal })
  }
}
