import type { RollingWindow } from '../window/rolling-window.ts'
import type { Availability, CheckStatus, OutlierRule } from './types.ts'

/**
 * Of several sets for the same endpoints, the one that ejected sends the first probe; the others would only send more of them to one that may
 * still be down. They wait for its answer: a second in which it may still look for a request that can be repeated, another one for the answer,
 * and up to as long again, not to come all at once. Then whoever has traffic probes: the first may have none, or be gone.
 */
export const OTHERS_PROBE_MS = 2000

/** What is known of one member; outlives changes of the list as long as the key stays. */
export interface Health {
  check: CheckStatus
  /** Outlier detection: in the list, taken out for a time, or out until one attempt succeeds. */
  outlier: 'in' | 'ejected' | 'probing'
  untilMs: number
  /** How long after that others have the first probe. */
  yieldMs: number
  probeRuns: boolean
  /** Ejections that count for the length of the next one. */
  ejections: number
  /** Since when it has been in; good time lowers `ejections`. */
  inSinceMs: number
  failuresInRow: number
  window: RollingWindow | null
}

export function newHealth(now: number): Health {
  return {
    check: 'unchecked',
    outlier: 'in',
    untilMs: 0,
    yieldMs: 0,
    probeRuns: false,
    ejections: 0,
    inSinceMs: now,
    failuresInRow: 0,
    window: null
  }
}

export function takeOut(health: Health, untilMs: number, yieldMs: number): void {
  health.outlier = 'ejected'
  health.untilMs = untilMs
  health.yieldMs = yieldMs
  health.probeRuns = false
  health.failuresInRow = 0
  health.window?.clear()
}

export function takeIn(health: Health, now: number): void {
  health.outlier = 'in'
  health.probeRuns = false
  health.inSinceMs = now
}

export function isChecked({ check }: Health): boolean {
  return check === 'unchecked' || check === 'healthy'
}

export function availabilityOf(health: Health): Availability {
  if (health.check === 'unknown' || health.check === 'unhealthy') return health.check
  return health.outlier === 'in' ? 'available' : health.outlier
}

export function ejectionReason({ failuresInRow, window }: Health, rule: OutlierRule): 'consecutive-failures' | 'failure-ratio' | null {
  if (rule.consecutiveFailures !== null && failuresInRow >= rule.consecutiveFailures) return 'consecutive-failures'
  if (rule.failureRatio === null || window === null || window.requests < rule.minimumRequests) return null
  return window.failures >= rule.failureRatio * window.requests ? 'failure-ratio' : null
}
