import type { EtcdQuery } from '../../config/plan-discovery.ts'
import { backoffMs } from '../backoff.ts'
import type { Observer, ProviderDeps, Source } from '../types.ts'
import type { ClusterMemory } from './cluster-memory.ts'
import type { EtcdGateway } from './gateway.ts'
import type { WatchAnswer } from './messages.ts'
import { parseEntries } from './parse.ts'

/** A watch that ends sooner than this, ms, counts as failed: something does not let watches live, and must not become a loop. */
const SHORT_LIFE_MS = 1000

/** Follows the keys of one prefix: all of them first, then each change from the revision after. */
export class EtcdWatcher implements Source {
  readonly #query: EtcdQuery
  readonly #observer: Observer
  readonly #gateway: EtcdGateway
  readonly #memory: ClusterMemory
  readonly #deps: ProviderDeps
  readonly #stop = new AbortController()
  /** Aborted to have everything asked for again at once. */
  #round = new AbortController()
  #entries = new Map<string, string>()
  /** How often the cluster had lost its memory at the last answer; null before the first. */
  #losses: number | null = null
  #failures = 0
  #wasCompacted = false

  constructor(
    query: EtcdQuery,
    observer: Observer,
    shared: { readonly gateway: EtcdGateway; readonly memory: ClusterMemory; readonly deps: ProviderDeps }
  ) {
    this.#query = query
    this.#observer = observer
    this.#gateway = shared.gateway
    this.#memory = shared.memory
    this.#deps = shared.deps
    void this.#run()
  }

  refresh(): void {
    this.#round.abort()
  }

  stop(): void {
    this.#stop.abort()
    this.#round.abort()
  }

  get #isStopped(): boolean {
    return this.#stop.signal.aborted
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const round = new AbortController()
      this.#round = round
      try {
        const revision = await this.#list()
        // Somebody wanted to know again while that was on its way.
        if (round.signal.aborted) continue
        await this.#follow(revision + 1, round.signal)
        this.#failures = 0
      } catch (error) {
        if (round.signal.aborted) continue
        this.#observer.onFailure(error instanceof Error ? error : new Error(String(error)))
        await this.#pause(backoffMs(++this.#failures, this.#deps.random.next()), round.signal)
      }
    }
  }

  /** Returns the revision that the list is of. */
  async #list(): Promise<number> {
    const since = this.#memory.mark
    const { header, entries } = await this.#gateway.range(this.#query.prefix, this.#stop.signal)
    this.#memory.learn(header, since)
    this.#entries = new Map(entries.map(({ key, value }) => [key, value]))
    this.#tell()
    return header.revision
  }

  /** Returns when everything has to be listed again; a connection that was lost is no failure until that fails too. */
  async #follow(fromRevision: number, signal: AbortSignal): Promise<void> {
    const startedMs = this.#deps.clock.now()
    const over = new AbortController()
    let isCompacted = false
    try {
      await this.#gateway.watch(
        this.#query.prefix,
        fromRevision,
        (answer) => {
          if (over.signal.aborted || signal.aborted) return
          isCompacted = answer.compactRevision > 0 || /compacted/.test(answer.reason)
          // The gateway leaves the answer of a watch open that is over.
          if (isCompacted) over.abort()
          else this.#apply(answer)
        },
        AbortSignal.any([signal, over.signal])
      )
      throw new Error('etcd ended the watch')
    } catch (error) {
      if (signal.aborted) throw error
      const isShort = this.#deps.clock.now() - startedMs < SHORT_LIFE_MS
      const isTolerated = isCompacted && !this.#wasCompacted
      this.#wasCompacted = isShort && isCompacted
      if (isShort && !isTolerated) throw isCompacted ? new Error('etcd has compacted what the watch was to begin with') : error
    }
  }

  #apply({ header, events, isCreated, isCanceled, reason }: WatchAnswer): void {
    if (isCanceled) throw new Error(`etcd ended the watch: ${reason === '' ? 'no reason' : reason}`)
    this.#memory.raise(header.revision, this.#losses)
    // Nothing new is in the first one; any other that is empty notifies of progress: all is as it was.
    if (isCreated && events.length === 0) return
    for (const { key, value, isDelete } of events) {
      if (isDelete) this.#entries.delete(key)
      else this.#entries.set(key, value)
    }
    this.#tell()
  }

  #tell(): void {
    if (this.#isStopped) return
    const answer = parseEntries(this.#entries, this.#query)
    const { losses } = this.#memory.mark
    const isRefilling = this.#losses !== null && losses > this.#losses
    this.#losses = losses
    this.#observer.onAnswer(isRefilling ? { ...answer, refilling: true } : answer)
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deps.clock.after(ms, resolve)
      const end = (): void => {
        cancel()
        resolve()
      }
      if (signal.aborted) end()
      else signal.addEventListener('abort', end, { once: true })
    })
  }
}
