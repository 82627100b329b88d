import type { AdmissionLog } from './admission-log.ts'
import type { LimitTerms } from './terms.ts'
import type { LimitVerdict } from './types.ts'
import { verdictOf } from './verdict.ts'

/**
 * Forgets what is older than the window. When time goes back all that was admitted moves with it, as if it had just been: it counts for one
 * window more at the longest. True when the log has changed.
 */
export function ageSlidingWindow(terms: LimitTerms, log: AdmissionLog, nowUs: number): boolean {
  const isBack = log.newestUs > nowUs
  if (isBack) log.moveBack(log.newestUs - nowUs)
  return log.dropUntil(nowUs - terms.windowUs) || isBack
}

/**
 * Of an aged log.
 * @param before Units of earlier questions of the same request, which are recorded together with this one.
 */
export function decideSlidingWindow(terms: LimitTerms, log: AdmissionLog, cost: number, nowUs: number, before = 0): LimitVerdict {
  const { total } = log
  const { limit, windowUs } = terms
  const wanted = before + cost
  if (cost === 0 || total + wanted <= limit)
    return verdictOf(true, limit - total - wanted, wanted > 0 ? windowUs : resetOfSlidingWindowUs(terms, log, nowUs), 0)
  const retryAfterUs = wanted > limit ? Infinity : log.timeOfUnitUs(total + wanted - limit) + windowUs - nowUs
  return verdictOf(false, limit - total, resetOfSlidingWindowUs(terms, log, nowUs), retryAfterUs)
}

/** Into an aged log. A negative cost takes back what was admitted last, at most everything. */
export function recordSlidingWindow(terms: LimitTerms, log: AdmissionLog, cost: number, nowUs: number): void {
  if (cost < 0) log.takeBack(-cost)
  else if (cost > 0) log.add(nowUs, cost, terms)
}

/** Until an aged log is empty. */
export function resetOfSlidingWindowUs(terms: LimitTerms, log: AdmissionLog, nowUs: number): number {
  return log.total > 0 ? log.newestUs + terms.windowUs - nowUs : 0
}
