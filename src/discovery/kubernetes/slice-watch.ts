import type { KubernetesQuery } from '../../config/plan-discovery.ts'
import type { Clock } from '../../plugin-api/index.ts'
import { backoffMs } from '../backoff.ts'
import type { Observer, ProviderDeps, Source } from '../types.ts'
import type { KubernetesApi, SliceEvent } from './api.ts'
import { readSlices, type EndpointSlice } from './slices.ts'

/** Least time that the server is asked to keep a watch for; up to half of it comes on top by chance. It bounds how long a dead connection passes for a quiet one. */
const WATCH_SECONDS = 60

/** A watch that ends earlier, and without a change, has told nothing. */
const SHORT_WATCH_MS = 1000

/** List, watch, and list again from one start or refresh to the next. */
interface Run {
  /** Where the watch goes on; null when only a list helps. */
  version: string | null
  /** Failures, and watches for nothing, in a row. */
  fruitless: number
}

/** Follows the slices of one service: a list, then every change after it. */
export class SliceWatch implements Source {
  readonly #api: KubernetesApi
  readonly #query: KubernetesQuery
  readonly #observer: Observer
  readonly #deps: ProviderDeps
  #slices = new Map<string, EndpointSlice>()
  #running = new AbortController()
  #isListing = false
  #stopped = false

  constructor(api: KubernetesApi, query: KubernetesQuery, observer: Observer, deps: ProviderDeps) {
    this.#api = api
    this.#query = query
    this.#observer = observer
    this.#deps = deps
    void this.#run(this.#running.signal)
  }

  refresh(): void {
    // A list that is under way is as good.
    if (this.#stopped || this.#isListing) return
    this.#running.abort()
    this.#running = new AbortController()
    void this.#run(this.#running.signal)
  }

  stop(): void {
    this.#stopped = true
    this.#running.abort()
  }

  async #run(signal: AbortSignal): Promise<void> {
    const run: Run = { version: null, fruitless: 0 }
    const { clock, random } = this.#deps
    while (!signal.aborted) {
      let waitMs = 0
      try {
        await this.#listAndWatch(run, signal)
        // Once at once, as the protocol wants it; not in a loop, should the server have nothing else to say.
        if (run.fruitless > 1) waitMs = backoffMs(run.fruitless - 1, random.next())
      } catch (error) {
        if (signal.aborted) return
        run.version = null
        waitMs = backoffMs(++run.fruitless, random.next())
        this.#observer.onFailure(error instanceof Error ? error : new Error(String(error)))
      }
      if (waitMs > 0) await pause(clock, waitMs, signal)
    }
  }

  /** Returns when the watch has ended and `run` says how to go on. */
  async #listAndWatch(run: Run, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps
    run.version ??= await this.#list(signal)
    if (signal.aborted) return
    const startedMs = clock.now()
    const from = { version: run.version, seconds: WATCH_SECONDS + Math.floor((random.next() * WATCH_SECONDS) / 2) }
    const onEvent = (event: SliceEvent): void => {
      run.version = event.object.metadata.resourceVersion ?? run.version
      if (this.#apply(event)) run.fruitless = 0
      this.#tell(signal)
    }
    const end = await this.#api.watch(this.#query, from, onEvent, signal)
    const isShort = clock.now() - startedMs < SHORT_WATCH_MS
    run.fruitless = end === 'gone' || isShort ? run.fruitless + 1 : 0
    // What is known is kept until the new list is there.
    if (end === 'gone') run.version = null
    // Until it ended, there was nothing else to tell.
    else if (!isShort) this.#tell(signal)
  }

  async #list(signal: AbortSignal): Promise<string> {
    this.#isListing = true
    const { slices, version } = await this.#api.list(this.#query, signal).finally(() => {
      this.#isListing = false
    })
    this.#slices = slices
    this.#tell(signal)
    return version
  }

  /** Returns whether it was a change. A bookmark only says that there was none up to its version ("Watch bookmarks"). */
  #apply({ type, object }: SliceEvent): boolean {
    if (type === 'DELETED') return this.#slices.delete(object.metadata.name)
    if (type !== 'ADDED' && type !== 'MODIFIED') return false
    this.#slices.set(object.metadata.name, object)
    return true
  }

  #tell(signal: AbortSignal): void {
    if (!signal.aborted) this.#observer.onAnswer(readSlices(this.#slices.values(), this.#query))
  }
}

/** Resolves after a time, or at once when it is called off. */
async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>((resolve) => {
    const end = (): void => {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
    const cancel = clock.after(ms, end)
    signal.addEventListener('abort', end)
  })
}
