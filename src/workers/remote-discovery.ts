import { createHash } from 'node:crypto'
import type { DiscoveryPlan, ServiceQuery } from '../config/plan-discovery.ts'
import { labelOf, type StateHolder } from '../discovery/discovery.ts'
import type { ServiceName } from '../discovery/events.ts'
import type { WatchStatus } from '../discovery/service-watch.ts'
import type { Instance } from '../discovery/types.ts'
import type { DiscoveredService } from '../generation/members.ts'
import { type InstancesNotice, type ServiceLook, type ServicesAsk, settingsDigest, type WatchNotice } from './discovery-hub.ts'

/** The way to the supervisor's hub. */
export interface HubOfServices {
  services(ask: ServicesAsk): Promise<readonly (ServiceLook | null)[]>
  watch(notice: WatchNotice): void
  unwatch(notice: { readonly watch: number }): void
}

export interface RemotePrepared {
  readonly discover: (query: ServiceQuery, state: StateHolder) => RemoteWatch
  /** Nothing: rules are the hub's. */
  apply(): void
}

/** A worker's discovery: services are followed by the supervisor, once for all workers. */
export class RemoteDiscovery {
  readonly #hub: HubOfServices
  readonly #watches = new Map<number, RemoteWatch>()
  #nextWatch = 1

  constructor(hub: HubOfServices) {
    this.#hub = hub
  }

  /** Resolves with what is known of the services, so that no generation begins with less than others have. */
  async prepare(plan: DiscoveryPlan, queries: readonly ServiceQuery[]): Promise<RemotePrepared> {
    const settings = settingsDigest(plan)
    const looks = queries.length === 0 ? [] : await this.#hub.services({ settings, queries })
    const known = new Map(queries.map((query, index) => [JSON.stringify(query), looks[index] ?? null]))
    return {
      discover: (query, state) =>
        state.take<RemoteWatch>(
          watchKey(plan, query),
          () => this.#start(settings, query, known.get(JSON.stringify(query)) ?? null),
          (old) => this.#stop(old)
        ),
      apply() {}
    }
  }

  receive({ watch, instances, status }: InstancesNotice): void {
    this.#watches.get(watch)?.receive(instances, status)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #start(settings: string, query: ServiceQuery, look: ServiceLook | null): RemoteWatch {
    const number = this.#nextWatch++
    const watch = new RemoteWatch(number, { provider: query.kind, service: labelOf(query) }, look)
    this.#watches.set(number, watch)
    this.#hub.watch({ watch: number, settings, query })
    return watch
  }

  #stop({ number }: RemoteWatch): void {
    this.#watches.delete(number)
    this.#hub.unwatch({ watch: number })
  }
}

/** What the supervisor has told of one service. */
export class RemoteWatch implements DiscoveredService {
  readonly number: number
  readonly name: ServiceName
  readonly ready: Promise<void>
  readonly #subscribers = new Set<() => void>()
  #markKnown: () => void = () => {}
  #instances: readonly Instance[]
  #status: WatchStatus

  constructor(number: number, name: ServiceName, look: ServiceLook | null) {
    this.number = number
    this.name = name
    this.#instances = look?.instances ?? []
    this.#status = look?.status ?? unasked(name)
    this.ready = new Promise((resolve) => {
      this.#markKnown = resolve
    })
    if (this.isKnown) this.#markKnown()
  }

  get instances(): readonly Instance[] {
    return this.#instances
  }

  get isKnown(): boolean {
    return this.#status.isKnown
  }

  /** As it was when the supervisor last told of a change: equal answers of a registry are not told. */
  get status(): WatchStatus {
    return this.#status
  }

  subscribe(run: () => void): () => void {
    this.#subscribers.add(run)
    return () => {
      this.#subscribers.delete(run)
    }
  }

  receive(instances: readonly Instance[] | null, status: WatchStatus): void {
    this.#status = status
    // The first list often is the one that this watch began with.
    const isNew = instances !== null && JSON.stringify(instances) !== JSON.stringify(this.#instances)
    if (isNew) this.#instances = instances
    if (status.isKnown) this.#markKnown()
    if (isNew) for (const run of this.#subscribers) run()
  }
}

/** Other rules are the hub's matter; other settings of its provider make it another service. */
function watchKey(plan: DiscoveryPlan, query: ServiceQuery): string {
  const settings = query.kind === 'file' ? null : plan[query.kind]
  return `discovery:${query.kind}:${createHash('sha256')
    .update(JSON.stringify([settings, query]))
    .digest('base64url')}`
}

function unasked(name: ServiceName): WatchStatus {
  return {
    ...name,
    isKnown: false,
    lastAnswerMs: null,
    failingSinceMs: null,
    lastError: null,
    restoredFromMs: null,
    skipped: [],
    held: [],
    wallOffsetMs: 0
  }
}
