import type { BoundCounter, Clock, Log, PluginDeps, Random } from '../../src/plugin-api/index.ts'
import { createFetch, placeOf, type FetchSet } from './key-fetch.ts'
import type { KeySetLocation } from './key-set-location.ts'
import { nextKeySet, type KeySet } from './key-set.ts'

/** Unknown key ids may be garbage: they cause one fetch in this time, however many come. */
const UNKNOWN_KEY_MS = 30_000
/** An answer that is fresh for less is asked for again after this time all the same. */
const MINIMUM_FRESH_MS = 60_000
const FIRST_RETRY_MS = 1_000
/** While requests are refused for want of keys, and while there are some. */
const LONGEST_RETRY_MS = { without: 10_000, with: 60_000 }
/** Gateways that were started together do not ask together. */
const JITTER = 0.1

export interface KeySourceParts {
  readonly fetch: FetchSet
  /** For the log. */
  readonly place: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly counters: { readonly fetched: BoundCounter; readonly failed: BoundCounter }
}

/**
 * The keys behind one address: fetched at once, again and again in the background, and when a token names a key that is not there.
 * The last good set stays until there is another. Lives as long as some generation uses it.
 */
export class KeySource {
  readonly #parts: KeySourceParts
  readonly #started: number
  readonly #abort = new AbortController()
  readonly #first = Promise.withResolvers<void>()
  #refreshMs: number
  #set: KeySet | null = null
  #flight: Promise<void> | null = null
  #cooledAt = -Infinity
  #failures = 0
  #cancel = (): void => {}

  constructor(refreshMs: number, parts: KeySourceParts) {
    this.#parts = parts
    this.#refreshMs = refreshMs
    this.#started = parts.clock.now()
    void this.#fetch(true)
  }

  /** Null as long as none was fetched. */
  get set(): KeySet | null {
    return this.#set
  }

  /** Of definitions that differ the latest counts. */
  refreshEvery(ms: number): void {
    if (ms === this.#refreshMs) return
    this.#refreshMs = ms
    if (this.#flight === null && this.#failures === 0) this.#schedule(ms)
  }

  /** Waits for the first set, but never beyond `waitMs` after the start of this source: an issuer that is away must not gather requests. */
  async first(waitMs: number): Promise<KeySet | null> {
    await this.#within(this.#first.promise, this.#started + waitMs - this.#parts.clock.now())
    return this.#set
  }

  /** Fetches for a key that is not in the set, or joins a fetch that is under way. Null while it is too early for that. */
  renew(waitMs: number): Promise<KeySet | null> | null {
    const { clock } = this.#parts
    if (this.#flight === null) {
      if (clock.now() < this.#cooledAt) return null
      this.#cooledAt = clock.now() + UNKNOWN_KEY_MS
      void this.#fetch(false)
    }
    return this.#within(this.#flight ?? Promise.resolve(), waitMs).then(() => this.#set)
  }

  close(): void {
    this.#cancel()
    this.#abort.abort(new Error('the configuration that needed these keys is gone'))
    this.#first.resolve()
    // Nobody hears of later sets: what these keys verified must not be trusted for longer than they are watched.
    for (const key of this.#set?.keys ?? []) key.retire()
  }

  /** One at a time. Never rejects. */
  #fetch(anew: boolean): Promise<void> {
    this.#cancel()
    this.#flight ??= this.#attempt(anew).finally(() => {
      this.#flight = null
    })
    return this.#flight
  }

  async #attempt(anew: boolean): Promise<void> {
    const { log, counters, place, fetch } = this.#parts
    try {
      const { document, freshMs } = await fetch(anew, this.#abort.signal)
      if (this.#abort.signal.aborted) return
      this.#replace(nextKeySet(document, this.#set))
      this.#failures = 0
      counters.fetched.inc()
      this.#schedule(Math.min(this.#refreshMs, Math.max(freshMs ?? Infinity, MINIMUM_FRESH_MS)))
    } catch (error) {
      if (this.#abort.signal.aborted) return
      this.#failures++
      counters.failed.inc()
      const reason = error instanceof Error ? error.message : String(error)
      log.warn({ from: place, reason, keys: this.#set?.keys.length ?? 0 }, 'keys could not be fetched')
      const longest = this.#set === null ? LONGEST_RETRY_MS.without : LONGEST_RETRY_MS.with
      this.#schedule(Math.min(longest, FIRST_RETRY_MS * 2 ** Math.min(this.#failures - 1, 10)))
    }
  }

  #replace(next: KeySet): void {
    const { log, place } = this.#parts
    const before = this.#set
    this.#set = next
    this.#first.resolve()
    const isSame = before?.keys.length === next.keys.length && next.keys.every((key) => before.keys.includes(key))
    if (!isSame) log.info({ from: place, keys: next.keys.length, ignored: next.ignored }, 'the key set has changed')
  }

  #schedule(ms: number): void {
    const { clock, random } = this.#parts
    this.#cancel()
    // Only ever sooner: `refresh` is how long a key that the issuer has withdrawn may still be trusted.
    this.#cancel = clock.after(ms * (1 - JITTER * random.next()), () => {
      void this.#fetch(true)
    })
  }

  #within(done: Promise<void>, ms: number): Promise<void> {
    if (ms <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(ms, resolve)
      void done.then(() => {
        cancel()
        resolve()
      })
    })
  }
}

/** The source for a location, shared by all routes and kept through reloads. */
export function takeSource({ kind, url, issuer, refreshMs }: KeySetLocation, deps: PluginDeps): KeySource {
  const { clock, random, log, metrics, http } = deps
  // Bound by every generation that uses the source, because a series goes away with the last one that asked for it.
  const counter = (result: string) => metrics.counter('jwks_fetches_total', 'Fetches of key sets.', { host: new URL(url).host, result })
  const counters = { fetched: counter('ok'), failed: counter('failed') }
  const source = deps.state(
    `keys ${kind} ${issuer ?? url}`,
    () => new KeySource(refreshMs, { fetch: createFetch({ url, issuer }, http), place: placeOf(url), clock, random, log, counters }),
    (old) => old.close()
  )
  source.refreshEvery(refreshMs)
  return source
}
