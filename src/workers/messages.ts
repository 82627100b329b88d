import type { ReloadStatus } from '../admin/admin.ts'
import type { AdminAnswer, ForcedMode } from '../admin/desk.ts'
import type { GatewayLook } from '../admin/look.ts'
import type { ConfigSnapshot } from '../config/snapshot.ts'
import type { BreakerSnapshot } from '../policy/breaker/types.ts'
import type { PolicyOwner } from '../telemetry/metrics.ts'
import type { MetricSnapshot } from '../telemetry/snapshot.ts'
import type { Call, Line } from './calls.ts'
import type { CheckedNotice, CheckNotice } from './check-hub.ts'
import type { InstancesNotice, ServiceLook, ServicesAsk, WatchNotice } from './discovery-hub.ts'
import type { HealthNotice, KnowledgeNotice } from './health-relay.ts'

/** What the supervisor asks of a worker, and tells it. */
export interface WorkerSide {
  readonly calls: {
    /** Builds the next generation and opens what it listens on; nothing of the running one changes. Then comes `commit` or `discard`. */
    readonly prepare: Call<Proposal, Prepared>
    readonly commit: Call<null, null>
    readonly discard: Call<null, null>
    /** Graceful stop; the answer comes when all is closed. */
    readonly close: Call<null, { readonly cut: number }>
    /** The present state, for the admin listener. Times are monotonic ms, the same for all workers. */
    readonly look: Call<null, GatewayLook>
    /** Asked often, so without the rest of a look. */
    readonly notReady: Call<null, readonly string[]>
    /** To be merged. */
    readonly metrics: Call<null, readonly MetricSnapshot[]>
    /** `GET /usage`: limits are shared, so any one worker can answer. */
    readonly usage: Call<unknown, AdminAnswer>
    readonly forceBreaker: Call<{ readonly owner: PolicyOwner; readonly mode: ForcedMode }, BreakerSnapshot | null>
  }
  readonly notices: {
    /** What another worker has found out about an endpoint. */
    readonly knowledge: KnowledgeNotice
    /** The endpoints of a service that this worker watches. */
    readonly instances: InstancesNotice
    /** The verdict of a check that this worker asked for. */
    readonly checked: CheckedNotice
  }
}

/** What a worker asks of the supervisor, and tells it. */
export interface SupervisorSide {
  readonly calls: {
    /** What is known of services, asked for while a generation is built. */
    readonly services: Call<ServicesAsk, readonly (ServiceLook | null)[]>
  }
  readonly notices: {
    /** All that happens to the health of endpoints here: others learn from it, and the supervisor writes the log. */
    readonly health: HealthNotice
    readonly watch: WatchNotice
    readonly unwatch: { readonly watch: number }
    readonly check: CheckNotice
    readonly uncheck: { readonly check: number }
    /** Whole lines of the log, which one thread writes for all. */
    readonly lines: Uint8Array<ArrayBuffer>
  }
}

export type SupervisorLine = Line<SupervisorSide, WorkerSide>
export type WorkerLine = Line<WorkerSide, SupervisorSide>

/** A configuration that all workers are to take over together. */
export interface Proposal {
  /** All that it is compiled from, read once: every worker comes to the same plan. */
  readonly source: ConfigSnapshot
  /** What the supervisor has compiled; a worker that comes to another plan refuses. */
  readonly hash: string
  /** What other workers already listen on, by name of the listener. */
  readonly ports: Readonly<Record<string, number>>
}

export type Prepared =
  /** `ports`: what this worker listens on with the new configuration, by name of the listener. */
  { readonly ok: true; readonly ports: Readonly<Record<string, number>> } | { readonly ok: false; readonly problems: ReloadStatus['problems'] }

/** What a worker's thread begins with. */
export interface WorkerStart {
  /** From 0 on; the supervisor has the number after the last. */
  readonly worker: number
  readonly workers: number
  readonly limits: SharedArrayBuffer
  readonly breakers: SharedArrayBuffer
  readonly logLevel: string
}
