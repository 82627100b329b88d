import type { DnsQuery, DnsSettings } from '../../config/plan-discovery.ts'
import { backoffMs } from '../backoff.ts'
import type { Observer, Provider, ProviderDeps, Source } from '../types.ts'
import { createDnsClient, type DnsClient } from './client.ts'
import { lookUp, type Found } from './lookup.ts'

/** Share of the time between two questions that is chance, so that gateways that started together do not ask together. */
const JITTER = 0.1

/** Follows names in DNS: A and AAAA records, or SRV records (RFC 2782). Asks again when what was answered has run out. */
export function createDnsProvider(settings: DnsSettings, deps: ProviderDeps): Provider<DnsQuery> {
  const client = createDnsClient(settings, deps)
  return {
    watch: (query, observer) => new DnsSource(query, observer, client, settings, deps),
    // Each question has a socket of its own, which ends with it.
    close() {}
  }
}

class DnsSource implements Source {
  readonly #query: DnsQuery
  readonly #observer: Observer
  readonly #client: DnsClient
  readonly #settings: DnsSettings
  readonly #deps: ProviderDeps
  /** The questions that are open; null between them. */
  #round: AbortController | null = null
  /** Somebody wants to know what is so after the open questions were asked. */
  #again = false
  #stopped = false
  #failures = 0
  #cancelTimer: (() => void) | null = null

  constructor(query: DnsQuery, observer: Observer, client: DnsClient, settings: DnsSettings, deps: ProviderDeps) {
    this.#query = query
    this.#observer = observer
    this.#client = client
    this.#settings = settings
    this.#deps = deps
    void this.#ask()
  }

  refresh(): void {
    if (this.#stopped) return
    if (this.#round === null) void this.#ask()
    else this.#again = true
  }

  stop(): void {
    this.#stopped = true
    this.#cancelTimer?.()
    this.#round?.abort(new Error('stopped'))
  }

  /** One round at a time, so that no answer overtakes another. */
  async #ask(): Promise<void> {
    this.#cancelTimer?.()
    this.#again = false
    const round = new AbortController()
    this.#round = round
    const outcome = await this.#lookUp(round.signal)
    // Of several questions one has failed; nobody waits for the others.
    round.abort(new Error('another question has failed'))
    this.#round = null
    if (this.#stopped) return
    const again = this.#again
    this.#failures = outcome instanceof Error ? this.#failures + 1 : 0
    if (again) void this.#ask()
    else this.#cancelTimer = this.#deps.clock.after(this.#pauseMs(outcome), () => void this.#ask())
    if (outcome instanceof Error) this.#observer.onFailure(outcome)
    else this.#observer.onAnswer(outcome.answer)
  }

  async #lookUp(signal: AbortSignal): Promise<Found | Error> {
    try {
      return await lookUp(this.#client, this.#query, signal)
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error))
    }
  }

  #pauseMs(outcome: Found | Error): number {
    const { minTtlMs, maxTtlMs } = this.#settings
    const chance = this.#deps.random.next()
    if (outcome instanceof Error) return backoffMs(this.#failures, chance)
    const ttlMs = Math.min(maxTtlMs, outcome.ttlSeconds * 1000)
    return Math.max(minTtlMs, ttlMs * (1 - JITTER * chance))
  }
}
