import type { Plan } from '../config/plan.ts'
import type { BulkheadRule } from '../policy/bulkhead/types.ts'

/** Which part of the whole is whose: worker `number`, from 0 on, of `workers`. */
export interface Part {
  readonly number: number
  readonly workers: number
}

/** The worker's part of a limit, one at least: the parts of all add up to the limit where it is not less than there are workers. */
export function shareOf(limit: number, { number, workers }: Part): number {
  return Math.max(1, Math.floor(limit / workers) + (number < limit % workers ? 1 : 0))
}

/** The plan of one worker: what each counts by itself is divided among all. */
export function sharePlan(plan: Plan, part: Part): Plan {
  if (part.workers === 1) return plan
  const share = (limit: number | null): number | null => (limit === null ? null : shareOf(limit, part))
  const { limits } = plan
  return {
    ...plan,
    limits: { ...limits, maxConnections: share(limits.maxConnections), maxConnectionsPerIp: share(limits.maxConnectionsPerIp) },
    upstreams: plan.upstreams.map((upstream) => ({
      ...upstream,
      bulkhead: shareBulkhead(upstream.bulkhead, part),
      websocket: { ...upstream.websocket, maxConnections: share(upstream.websocket.maxConnections) }
    })),
    routes: plan.routes.map((route) => ({ ...route, bulkhead: shareBulkhead(route.bulkhead, part) }))
  }
}

function shareBulkhead(rule: BulkheadRule | null, part: Part): BulkheadRule | null {
  if (rule === null) return null
  const { adaptive } = rule
  return {
    ...rule,
    maxConcurrent: shareOf(rule.maxConcurrent, part),
    maxQueued: rule.maxQueued === 0 ? 0 : shareOf(rule.maxQueued, part),
    adaptive:
      adaptive === null
        ? null
        : { ...adaptive, minConcurrent: shareOf(adaptive.minConcurrent, part), initialConcurrent: shareOf(adaptive.initialConcurrent, part) }
  }
}
