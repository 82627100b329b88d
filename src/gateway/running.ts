import type { ReloadStatus } from '../admin/admin.ts'
import type { Plan } from '../config/plan.ts'
import type { ConfigSnapshot } from '../config/snapshot.ts'
import type { GatewayLog } from '../telemetry/log.ts'

/** What the process edge does with a gateway, be it one or the supervisor of several workers. */
export interface RunningGateway {
  readonly log: GatewayLog
  readonly plan: Plan
  readonly adminPort: number | null
  readonly upstreamsWithoutEndpoints: readonly string[]
  /** @throws the system's error when an address is taken; nothing stays open then. */
  listen(): Promise<void>
  /** The port that a listener of the document really has. @throws Error for an unknown name */
  port(listener?: string): number
  /** @param source What the plan was compiled from. */
  reload(plan: Plan, source: ConfigSnapshot): Promise<ReloadStatus>
  rejectReload(problems: readonly string[]): ReloadStatus
  /** Resolves to the number of requests that were cut off. */
  close(): Promise<number>
}
