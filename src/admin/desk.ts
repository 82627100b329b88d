import type { Plan } from '../config/plan.ts'
import type { ServiceWatch } from '../discovery/service-watch.ts'
import type { BreakerSnapshot } from '../policy/breaker/types.ts'
import type { PolicyOwner } from '../telemetry/metrics.ts'
import type { AdminView, ReloadStatus } from './admin.ts'
import { type GatewayLook, lookAt } from './look.ts'
import { answerUsage } from './usage.ts'

type Awaitable<T> = T | Promise<T>

/** What the admin listener has to know of a service that is followed. */
export type FollowedService = Pick<ServiceWatch, 'instances' | 'status'>

/** An answer in full: what was asked can be passed on to where it is known. */
export interface AdminAnswer {
  readonly status: number
  readonly body: unknown
}

export type ForcedMode = 'open' | 'closed' | 'auto'

/** One worker of several. */
export interface WorkerInfo {
  /** From 0 on. */
  readonly number: number
  readonly state: string
  /** When it came into that state, ms since the Unix epoch. */
  readonly since: number
  /** How often it was started again after its thread had ended. */
  readonly restarts: number
  /** Busy share of its event loop since the last question, 0 to 1; null when there is no thread. */
  readonly eventLoopUtilization: number | null
}

/** What the admin listener asks, be it of one gateway or of several workers. */
export interface AdminDesk {
  plan(): Plan
  /** Monotonic ms. */
  now(): number
  /** Ms since the Unix epoch. */
  wall(): number
  look(): Awaitable<GatewayLook>
  /** By name of the upstream. */
  discovered(): ReadonlyMap<string, FollowedService>
  usage(query: unknown): Awaitable<AdminAnswer>
  /** Empty when requests can be served. */
  notReady(): Awaitable<readonly string[]>
  lastReload(): ReloadStatus | null
  /** In parts, to be read once. */
  exposition(): Promise<Iterable<string>>
  readonly expositionType: string
  /** @returns How it is then; null when there is no such breaker. */
  forceBreaker(owner: PolicyOwner, mode: ForcedMode): Awaitable<BreakerSnapshot | null>
  /** Reads the file again; null when there is no file to read. */
  reload(): Promise<ReloadStatus> | null
  /** Null when there is but this one. */
  workers(): readonly WorkerInfo[] | null
}

/** One gateway, that of this thread. */
export function deskOf(view: AdminView): AdminDesk {
  return {
    plan: () => view.plan(),
    now: () => view.now(),
    wall: () => view.wall(),
    look: () => lookAt(view),
    discovered: () => view.discovered(),
    usage: (query) => answerUsage(query, view),
    notReady: () => view.notReady(),
    lastReload: () => view.lastReload(),
    exposition: () => view.exposition(),
    expositionType: view.expositionType,
    forceBreaker: (owner, mode) => forceBreaker(view, owner, mode),
    reload: () => view.reload(),
    workers: () => null
  }
}

/** The operator's word, until `auto` or a restart. */
export function forceBreaker(view: AdminView, { upstream, route }: PolicyOwner, mode: ForcedMode): BreakerSnapshot | null {
  const owner = route === '' ? view.upstreams().get(upstream) : view.routes().find(({ names }) => names.name === route)
  const breaker = owner?.breaker ?? null
  breaker?.force(mode, view.now())
  return breaker?.snapshot(view.now()) ?? null
}
