import { backoffMs } from '../backoff.ts'
import type { HttpClient } from '../http-client.ts'
import type { ProviderDeps } from '../types.ts'

/** Time for an answer on top of the wait. */
const ANSWER_MS = 15_000
const WAIT_JITTER = 1 / 16

/** Least time between two questions: one answer holds every check of the datacenter. */
const PACE_MS = 500

export interface CheckFeedOptions {
  readonly http: HttpClient
  readonly deps: ProviderDeps
  readonly waitMs: number
  /** Further parameters of the query, each with its `&`. */
  readonly scope: string
  /** Services of which a check came, went or changed; null for any: a whole node did. */
  readonly onChange: (services: ReadonlySet<string> | null) => void
}

/**
 * Tells which services have changed, by one blocking query for all of them on `/v1/health/state/any`, so that those that take turns need not
 * be asked often. What no check tells, such as a weight, is left to their turns. Silent when it fails: the turns go on.
 */
export class CheckFeed {
  readonly #options: CheckFeedOptions
  readonly #stop = new AbortController()
  #index = 0
  #failures = 0
  #known: ReadonlyMap<string, string> | null = null

  constructor(options: CheckFeedOptions) {
    this.#options = options
    void this.#run()
  }

  stop(): void {
    this.#stop.abort()
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options.deps
    const { signal } = this.#stop
    while (!signal.aborted) {
      let pauseMs = PACE_MS
      try {
        await this.#ask(signal)
        this.#failures = 0
      } catch {
        this.#index = 0
        pauseMs = Math.max(PACE_MS, backoffMs(++this.#failures, random.next()))
      }
      if (signal.aborted) return
      await new Promise<void>((resolve) => {
        const cancel = clock.after(pauseMs, resolve)
        signal.addEventListener(
          'abort',
          () => {
            cancel()
            resolve()
          },
          { once: true }
        )
      })
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const { http, waitMs, scope, onChange } = this.#options
    const isBlocking = this.#index > 0
    const path = `/v1/health/state/any?${isBlocking ? `index=${this.#index}&wait=${waitMs}ms` : ''}${scope}`
    const answer = await http.request({ path, signal, timeoutMs: (isBlocking ? waitMs * (1 + WAIT_JITTER) : 0) + ANSWER_MS })
    if (answer.status !== 200) throw new Error(`Consul answered ${answer.status}`)
    const index = Number(answer.header('x-consul-index') ?? 0)
    if (isBlocking && index === this.#index) return
    this.#index = index > 0 && index >= this.#index ? index : 0
    const checks = readChecks(answer.json())
    const before = this.#known
    this.#known = checks
    if (before === null || signal.aborted) return
    const changed = new Set<string>()
    for (const [name, state] of checks) if (before.get(name) !== state) changed.add(name)
    for (const name of before.keys()) if (!checks.has(name)) changed.add(name)
    if (changed.size > 0) onChange(changed.has('') ? null : changed)
  }
}

/** Per service, in one text, the state of its checks; those of nodes under the empty name. @throws Error when it is no list */
function readChecks(body: unknown): ReadonlyMap<string, string> {
  if (!Array.isArray(body)) throw new Error('expected a list of checks')
  const lines = new Map<string, string[]>()
  for (const check of body as readonly (Readonly<Record<string, unknown>> | null)[]) {
    const name = typeof check?.['ServiceName'] === 'string' ? check['ServiceName'] : ''
    const line = [check?.['Node'], check?.['ServiceID'], check?.['CheckID'], check?.['Status']].join('\n')
    const known = lines.get(name)
    if (known === undefined) lines.set(name, [line])
    else known.push(line)
  }
  return new Map([...lines].map(([name, states]) => [name, states.toSorted().join('\n\n')]))
}
