import type { Plan } from '../config/plan.ts'
import type { GatewayLog } from '../telemetry/log.ts'

/** Tells of what a reload cannot change. */
export function warnOfRestart(log: GatewayLog, before: Plan, after: Plan): void {
  if (JSON.stringify(before.admin) !== JSON.stringify(after.admin)) log.warn({}, 'the admin address changes with the next start only')
  if (before.workers !== after.workers) log.warn({}, 'the number of workers changes with the next start only')
}
