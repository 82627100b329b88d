import type { CheckStatus } from './types.ts'

export interface CheckThresholds {
  /** Failed checks in a row that make an endpoint unhealthy. */
  readonly unhealthyAfter: number
  /** Good checks in a row that make it healthy again. */
  readonly healthyAfter: number
}

/** What a row of checks says of one endpoint. The first check decides alone: there is nothing else to go by. */
export interface CheckState {
  readonly status: Exclude<CheckStatus, 'unchecked'>
  /** Takes the result of one more check; true when the status changed. */
  feed(ok: boolean): boolean
}

export function createCheckState(rule: CheckThresholds): CheckState {
  let status: CheckState['status'] = 'unknown'
  let inRow = 0
  return {
    get status() {
      return status
    },
    feed(ok) {
      const says = ok ? 'healthy' : 'unhealthy'
      if (says === status) {
        inRow = 0
        return false
      }
      inRow++
      if (status !== 'unknown' && inRow < (ok ? rule.healthyAfter : rule.unhealthyAfter)) return false
      status = says
      inRow = 0
      return true
    }
  }
}

/** Ms until the next check: the interval, give or take up to `jitter` of it, so that gateways that started together do not check together. */
export function nextCheckMs(intervalMs: number, jitter: number, random: () => number): number {
  return intervalMs * (1 + jitter * (2 * random() - 1))
}
