import { createHash } from 'node:crypto'
import type { DiscoveryPlan, ServiceQuery } from '../config/plan-discovery.ts'
import type { Discover, Discovery } from '../discovery/discovery.ts'
import type { DiscoveryEvent, ServiceName } from '../discovery/events.ts'
import type { ServiceWatch, WatchStatus } from '../discovery/service-watch.ts'
import type { Instance } from '../discovery/types.ts'
import type { StateLease, StateRegistry } from '../generation/registry.ts'

/** The part of a plan that says what is discovered, and how. */
export interface DiscoveringPlan {
  readonly discovery: DiscoveryPlan
  readonly upstreams: readonly { readonly name: string; readonly discovery: ServiceQuery | null }[]
}

/** What is known of a service. */
export interface ServiceLook {
  readonly instances: readonly Instance[]
  readonly status: WatchStatus
}

/** Settings are named by their digest: the supervisor has the same plan. */
export interface ServicesAsk {
  readonly settings: string
  readonly queries: readonly ServiceQuery[]
}

export interface WatchNotice {
  /** The worker's own number, never used again. */
  readonly watch: number
  readonly settings: string
  readonly query: ServiceQuery
}

export interface InstancesNotice {
  readonly watch: number
  /** Null when they are as before. */
  readonly instances: readonly Instance[] | null
  readonly status: WatchStatus
}

interface Prepared {
  readonly settings: string
  readonly discover: Discover
  readonly apply: () => void
  /** By name of the upstream. */
  readonly watches: ReadonlyMap<string, ServiceWatch>
  readonly lease: StateLease
}

/** One service that one worker follows. */
interface Follower {
  readonly watch: number
  readonly service: ServiceWatch
  readonly lease: StateLease
  readonly unsubscribe: () => void
  /** What has not been told yet: nothing, how it stands, or the list too. */
  news: 'none' | 'status' | 'instances'
}

interface Worker {
  readonly send: (notice: InstancesNotice) => void
  readonly followers: Map<number, Follower>
}

/** @param onEvent To be told of what happens to services. */
export type CreateDiscovery = (onEvent: (name: ServiceName, event: DiscoveryEvent) => void) => Discovery

/**
 * Follows every service once for all workers. A service is followed for as long as the running plan or a generation of any worker wants it,
 * so that neither a worker's end nor all of theirs is noticed by a registry.
 */
export class DiscoveryHub {
  readonly #discovery: Discovery
  readonly #registry: StateRegistry
  readonly #workers = new Map<number, Worker>()
  #current: Prepared | null = null
  #next: Prepared | null = null
  /** The one that ran before: a worker may still begin with it. */
  #previous: Prepared | null = null

  constructor(create: CreateDiscovery, registry: StateRegistry) {
    this.#discovery = create((name) => this.#onEvent(name))
    this.#registry = registry
  }

  /** What the running plan discovers, by name of the upstream. */
  get discovered(): ReadonlyMap<string, ServiceWatch> {
    return this.#current?.watches ?? new Map()
  }

  /** Services and providers that are followed for anybody. */
  get watching(): number {
    return this.#registry.keys.length
  }

  /** Begins to follow what a plan wants, before workers are asked to build it. One that was prepared and not applied is given up. */
  async prepare(plan: DiscoveringPlan): Promise<void> {
    const queries = plan.upstreams.flatMap(({ discovery }) => discovery ?? [])
    const prepared = await this.#discovery.prepare(plan.discovery, queries)
    const { discover } = prepared
    const lease = this.#registry.lease()
    const watches = new Map(
      plan.upstreams.flatMap(({ name, discovery }) => (discovery === null ? [] : [[name, discover(discovery, lease)] as const]))
    )
    this.#next?.lease.release()
    this.#next = { settings: settingsDigest(plan.discovery), discover, apply: () => prepared.apply(), watches, lease }
  }

  /** The plan that was prepared last runs now: its rules count. */
  apply(): void {
    if (this.#next === null) return
    this.#previous = this.#current
    this.#current = this.#next
    this.#next = null
    this.#current.apply()
    this.#previous?.lease.release()
  }

  /** The plan that was prepared last is not going to run. */
  discard(): void {
    this.#next?.lease.release()
    this.#next = null
  }

  /** A worker's thread has begun. */
  attach(worker: number, send: (notice: InstancesNotice) => void): void {
    this.detach(worker)
    this.#workers.set(worker, { send, followers: new Map() })
  }

  /** A worker's thread has ended: what it followed alone is followed no more. */
  detach(worker: number): void {
    const gone = this.#workers.get(worker)
    this.#workers.delete(worker)
    for (const follower of gone?.followers.values() ?? []) end(follower)
  }

  /** What is known now, so that a generation begins with it. Null for what no plan has that is prepared or runs. */
  services({ settings, queries }: ServicesAsk): readonly (ServiceLook | null)[] {
    const discover = this.#discoverOf(settings)
    if (discover === null) return queries.map(() => null)
    const lease = this.#registry.lease()
    const looks = queries.map((query) => {
      const { instances, status } = discover(query, lease)
      return { instances, status }
    })
    lease.release()
    return looks
  }

  /** The list comes at once, and whenever it changes. */
  watch(worker: number, { watch, settings, query }: WatchNotice): void {
    const known = this.#workers.get(worker)
    const discover = this.#discoverOf(settings)
    if (known === undefined || discover === null) return
    const lease = this.#registry.lease()
    const service = discover(query, lease)
    const tell = (): void => this.#tellSoon(known, follower, 'instances')
    const follower: Follower = { watch, service, lease, news: 'none', unsubscribe: service.subscribe(tell) }
    known.followers.set(watch, follower)
    tell()
    if (!service.isKnown) void service.ready.then(() => this.#tellSoon(known, follower, 'status'))
  }

  unwatch(worker: number, { watch }: { readonly watch: number }): void {
    const followers = this.#workers.get(worker)?.followers
    const follower = followers?.get(watch)
    followers?.delete(watch)
    if (follower !== undefined) end(follower)
  }

  /** Resolves when what is known has been written. */
  async close(): Promise<void> {
    for (const worker of this.#workers.keys()) this.detach(worker)
    this.discard()
    this.#current?.lease.release()
    this.#current = null
    await this.#discovery.close()
  }

  #discoverOf(settings: string): Discover | null {
    // Equal settings and an equal query are the same watch, whichever of them answers.
    return [this.#next, this.#current, this.#previous].find((one) => one?.settings === settings)?.discover ?? null
  }

  #onEvent({ provider, service }: ServiceName): void {
    for (const worker of this.#workers.values()) {
      for (const follower of worker.followers.values()) {
        const { name } = follower.service
        if (name.provider === provider && name.service === service) this.#tellSoon(worker, follower, 'status')
      }
    }
  }

  /** An event is told while its watch is still changing, so what it comes to is told when this turn is over. */
  #tellSoon(worker: Worker, follower: Follower, news: 'status' | 'instances'): void {
    const isDue = follower.news !== 'none'
    if (follower.news !== 'instances') follower.news = news
    if (isDue) return
    queueMicrotask(() => {
      const { watch, service } = follower
      const instances = follower.news === 'instances' ? service.instances : null
      follower.news = 'none'
      if (worker.followers.get(watch) === follower) worker.send({ watch, instances, status: service.status })
    })
  }
}

/** What stands for a plan's settings between threads. */
export function settingsDigest(settings: DiscoveryPlan): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('base64url')
}

function end({ unsubscribe, lease }: Follower): void {
  unsubscribe()
  lease.release()
}
