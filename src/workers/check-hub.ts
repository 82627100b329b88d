import type { ChecksOptions, EndpointChecks } from '../generation/members.ts'
import type { CheckStatus } from '../policy/health/types.ts'

export interface CheckNotice {
  /** The worker's own number, never used again. */
  readonly check: number
  readonly options: ChecksOptions
}

export interface CheckedNotice {
  readonly check: number
  readonly status: CheckStatus
  readonly reason: string
}

/** The checks of one endpoint, and who asked for them. */
interface Shared {
  readonly key: string
  readonly checks: EndpointChecks
  readonly followers: Set<Follower>
}

interface Follower {
  readonly check: number
  readonly shared: Shared
  readonly send: (notice: CheckedNotice) => void
}

interface Worker {
  readonly send: (notice: CheckedNotice) => void
  readonly followers: Map<number, Follower>
}

/** Checks every endpoint once for all workers, for as long as any of them wants it. */
export class CheckHub {
  readonly #start: (options: ChecksOptions) => EndpointChecks
  readonly #workers = new Map<number, Worker>()
  readonly #shared = new Map<string, Shared>()

  constructor(start: (options: ChecksOptions) => EndpointChecks) {
    this.#start = start
  }

  /** A worker's thread has begun. */
  attach(worker: number, send: (notice: CheckedNotice) => void): void {
    this.detach(worker)
    this.#workers.set(worker, { send, followers: new Map() })
  }

  /** A worker's thread has ended: what nobody else wants checked is checked no more. */
  detach(worker: number): void {
    const gone = this.#workers.get(worker)
    this.#workers.delete(worker)
    for (const follower of gone?.followers.values() ?? []) this.#leave(follower)
  }

  /** What is known is told at once; whoever is first hears of it after the first check. */
  check(worker: number, { check, options }: CheckNotice): void {
    const known = this.#workers.get(worker)
    if (known === undefined) return
    const shared = this.#sharedOf(options)
    const follower: Follower = { check, shared, send: known.send }
    known.followers.set(check, follower)
    shared.followers.add(follower)
    const { status, reason } = shared.checks
    if (status !== 'unknown') known.send({ check, status, reason })
  }

  uncheck(worker: number, { check }: { readonly check: number }): void {
    const followers = this.#workers.get(worker)?.followers
    const follower = followers?.get(check)
    followers?.delete(check)
    if (follower !== undefined) this.#leave(follower)
  }

  close(): void {
    for (const worker of this.#workers.keys()) this.detach(worker)
  }

  #sharedOf(options: ChecksOptions): Shared {
    const key = JSON.stringify([options.origin, options.rule, options.tls])
    const before = this.#shared.get(key)
    if (before !== undefined) return before
    const shared: Shared = { key, checks: this.#start(options), followers: new Set() }
    shared.checks.onStatus = (status, reason) => {
      for (const { check, send } of shared.followers) send({ check, status, reason })
    }
    this.#shared.set(key, shared)
    return shared
  }

  #leave(follower: Follower): void {
    const { key, checks, followers } = follower.shared
    followers.delete(follower)
    if (followers.size > 0) return
    this.#shared.delete(key)
    checks.onStatus = null
    checks.stop()
  }
}
