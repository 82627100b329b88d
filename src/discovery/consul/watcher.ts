import type { ConsulQuery, ConsulSettings } from '../../config/plan-discovery.ts'
import { backoffMs } from '../backoff.ts'
import type { HttpAnswer, HttpClient } from '../http-client.ts'
import type { Answer, Observer, ProviderDeps, Source } from '../types.ts'
import { parseHealth } from './parse.ts'
import type { TurnTaker, Turns } from './turns.ts'

/** Time for an answer that need not wait for a change, and on top of one that does. */
const ANSWER_MS = 10_000

/** Consul adds up to a sixteenth of the wait, so that clients do not come back together ("Blocking Queries"). */
const WAIT_JITTER = 1 / 16

/** How long a blocking query may take while others wait for their turn: with 143 turns some 14 questions a second in all. */
const CROWDED_WAIT_MS = 10_000

/** Least time between two questions about one service, on average: an index that moves all the time must not become a loop. */
const PACE_MS = 200

/** Follows one service with blocking queries: each question waits at the agent until there is something new. */
export class ConsulWatcher implements Source, TurnTaker {
  readonly #settings: ConsulSettings
  readonly #query: ConsulQuery
  readonly #observer: Observer
  readonly #http: HttpClient
  readonly #turns: Turns
  readonly #deps: ProviderDeps
  readonly #path: string
  /** What the next question waits for a change of; 0 asks without waiting. */
  #index = 0
  /** The highest that was ever told, to notice a Consul that began anew. */
  #highest = 0
  #last: Answer | null = null
  #failures = 0
  #running: AbortController | null = null
  /** How long the running question may wait for a change; 0 when it does not. */
  #runningWaitMs = 0
  #cancelNext: (() => void) | null = null
  #stopped = false

  constructor(
    settings: ConsulSettings,
    query: ConsulQuery,
    observer: Observer,
    shared: { readonly http: HttpClient; readonly turns: Turns; readonly deps: ProviderDeps }
  ) {
    this.#settings = settings
    this.#query = query
    this.#observer = observer
    this.#http = shared.http
    this.#turns = shared.turns
    this.#deps = shared.deps
    this.#path = pathOf(settings, query)
    this.#turns.join(this)
    this.#cancelNext = this.#turns.take(() => void this.#ask())
  }

  refresh(): void {
    if (this.#stopped) return
    this.#index = 0
    if (this.#running === null) this.#askAfter(0)
    // One that does not block is answered at once anyway.
    else if (this.#runningWaitMs > 0) this.#running.abort()
  }

  /** There is news of this service; without a turn it would not hear of it for long. */
  askSoon(): void {
    // A question that waits is answered by Consul itself.
    if (this.#stopped || this.#running !== null) return
    this.#cancelNext?.()
    this.#cancelNext = this.#turns.takeFirst(() => void this.#ask())
  }

  hurry(): void {
    if (this.#runningWaitMs > CROWDED_WAIT_MS) this.#running?.abort()
  }

  stop(): void {
    this.#stopped = true
    this.#turns.leave(this)
    this.#cancelNext?.()
    this.#running?.abort()
  }

  #askAfter(ms: number): void {
    this.#cancelNext?.()
    this.#cancelNext = this.#deps.clock.after(ms, () => {
      this.#cancelNext = this.#turns.take(() => void this.#ask())
    })
  }

  async #ask(): Promise<void> {
    this.#cancelNext = null
    const { clock, random } = this.#deps
    const startedMs = clock.now()
    const running = new AbortController()
    this.#running = running
    let waitMs = PACE_MS * (0.5 + random.next())
    try {
      const answer = await this.#send(running.signal)
      if (!this.#stopped) this.#learn(answer)
      waitMs -= clock.now() - startedMs
    } catch (error) {
      // Whoever called a question off wants the next one at once.
      if (running.signal.aborted) waitMs = 0
      else waitMs = this.#fail(error)
    } finally {
      this.#running = null
      this.#turns.give()
    }
    if (!this.#stopped) this.#askAfter(Math.max(0, waitMs))
  }

  async #send(signal: AbortSignal): Promise<HttpAnswer> {
    const { waitMs: longest } = this.#settings
    const waitMs = this.#index === 0 ? 0 : this.#turns.isCrowded ? Math.min(CROWDED_WAIT_MS, longest) : longest
    this.#runningWaitMs = waitMs
    if (waitMs === 0) return this.#http.request({ path: this.#path, timeoutMs: ANSWER_MS, signal })
    const path = `${this.#path}&index=${this.#index}&wait=${waitMs}ms`
    return this.#http.request({ path, timeoutMs: waitMs * (1 + WAIT_JITTER) + ANSWER_MS, signal })
  }

  #learn(response: HttpAnswer): void {
    if (response.status !== 200) throw new Error(`Consul answered ${response.status}: ${response.text.slice(0, 200).trim()}`)
    const index = Number(response.header('x-consul-index') ?? 0)
    // The same index is the same list.
    const answer = index > 0 && index === this.#index && this.#last !== null ? this.#last : parseHealth(response.json(), this.#query)
    this.#last = answer
    const began = index > 0 && index < this.#highest
    // An index that went back, or is none, is waited for in vain ("Blocking Queries": reset to 0).
    this.#index = !(index > 0) || (began && this.#index > 0) ? 0 : index
    this.#highest = index > 0 ? index : this.#highest
    this.#failures = 0
    this.#observer.onAnswer(began ? { ...answer, refilling: true } : answer)
  }

  /** Returns the time until the next question. */
  #fail(error: unknown): number {
    // A Consul that was restarted without its data would let us wait for an index that is far away.
    this.#index = 0
    this.#failures++
    if (!this.#stopped) this.#observer.onFailure(error instanceof Error ? error : new Error(String(error)))
    return backoffMs(this.#failures, this.#deps.random.next())
  }
}

function pathOf(settings: ConsulSettings, query: ConsulQuery): string {
  const options = new URLSearchParams()
  if (!query.includeWarning) options.set('passing', '1')
  for (const tag of query.tags) options.append('tag', tag)
  const datacenter = query.datacenter ?? settings.datacenter
  const namespace = query.namespace ?? settings.namespace
  if (datacenter !== null) options.set('dc', datacenter)
  if (namespace !== null) options.set('ns', namespace)
  if (settings.allowStale) options.set('stale', '')
  return `/v1/health/service/${encodeURIComponent(query.service)}?${options.toString()}`
}
