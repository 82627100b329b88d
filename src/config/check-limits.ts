import { checkAscending, checkDurations, checkShares } from './check-amounts.ts'
import type { IssueCollector } from './collector.ts'
import type { Path } from './issue.ts'
import { isMap } from './prepare.ts'
import { isOn, mapOf, msOf, numberOf, shareOf } from './reading.ts'

/** The `circuitBreaker` of an upstream or a route. */
export function checkBreaker(breaker: unknown, path: Path, issues: IssueCollector): void {
  if (!isMap(breaker)) return
  checkDurations(breaker, ['window', 'slowCall', 'openFor', 'maxOpenFor'], path, issues)
  checkShares(breaker, ['failureRatio', 'slowCallRatio'], path, issues)
  checkAscending(breaker, ['openFor', 'maxOpenFor'], path, issues)
  if (['failureRatio', 'slowCall', 'consecutiveFailures'].some((rule) => isOn(breaker[rule]))) return
  issues.add(path, {
    code: 'never-trips',
    message: 'this breaker can never open: every rule is left out',
    hint: 'give it failureRatio, slowCall or consecutiveFailures, or remove it',
    focus: 'key'
  })
}

/** The `bulkhead` of an upstream or a route. */
export function checkBulkhead(bulkhead: unknown, path: Path, issues: IssueCollector): void {
  if (!isMap(bulkhead)) return
  checkDurations(bulkhead, ['queueTimeout'], path, issues)
  const { maxConcurrent, adaptive } = bulkhead
  if (!isMap(adaptive)) return
  const at = [...path, 'adaptive']
  checkAscending(adaptive, ['minConcurrent', 'initialConcurrent'], at, issues)
  const max = numberOf(maxConcurrent)
  for (const key of ['minConcurrent', 'initialConcurrent']) {
    const value = numberOf(adaptive[key])
    if (max === null || value === null || value <= max) continue
    issues.add([...at, key], { code: 'out-of-order', message: `${key} (${value}) must not be more than maxConcurrent (${max})` })
  }
}

/** The top-level `overload`. */
export function checkOverload(overload: unknown, issues: IssueCollector): void {
  if (!isMap(overload)) return
  checkDurations(overload, ['eventLoopDelay'], ['overload'], issues)
  checkShares(overload, ['eventLoopUtilization'], ['overload'], issues)
  if (isOn(overload['eventLoopDelay']) || isOn(overload['eventLoopUtilization'])) return
  const message = 'every rule is left out, so nothing is ever refused'
  issues.add(['overload'], { severity: 'warning', code: 'without-effect', message, focus: 'key' })
}

/** A breaker whose slow calls are cut off before they count as slow. */
export function checkSlowCall(upstream: Readonly<Record<string, unknown>>, path: Path, issues: IssueCollector): void {
  const slowMs = msOf(mapOf(upstream['circuitBreaker'])['slowCall'])
  const limit = shortestLimit(mapOf(upstream['timeouts']))
  if (slowMs === null || slowMs === 0 || limit === null || slowMs < limit.ms) return
  issues.add([...path, 'circuitBreaker', 'slowCall'], {
    severity: 'warning',
    code: 'without-effect',
    message: `no call can be this slow: timeouts.${limit.key} ends it before`
  })
}

/** The limit that ends a try first; connecting comes on top of `response`. */
export function shortestLimit(timeouts: Readonly<Record<string, unknown>>): { readonly key: string; readonly ms: number } | null {
  const connectMs = msOf(timeouts['connect'])
  const responseMs = msOf(timeouts['response'])
  const response = connectMs === null || responseMs === null ? null : connectMs + responseMs
  const limits = [
    { key: 'perTry', ms: msOf(timeouts['perTry']) },
    { key: 'total', ms: msOf(timeouts['total']) },
    { key: 'response', ms: response }
  ].flatMap(({ key, ms }) => (ms === null ? [] : [{ key, ms }]))
  return limits.reduce<{ readonly key: string; readonly ms: number } | null>(
    (least, limit) => (least === null || limit.ms < least.ms ? limit : least),
    null
  )
}

/** The `outlierDetection` of an upstream. */
export function checkOutlier(outlier: unknown, path: Path, issues: IssueCollector): void {
  if (!isMap(outlier)) return
  checkDurations(outlier, ['window', 'ejectFor', 'maxEjectFor'], path, issues)
  checkShares(outlier, ['failureRatio'], path, issues)
  checkAscending(outlier, ['ejectFor', 'maxEjectFor'], path, issues)
  if (shareOf(outlier['maxEjected']) === 0) {
    issues.add([...path, 'maxEjected'], { severity: 'warning', code: 'without-effect', message: 'no endpoint may ever be ejected' })
  }
  if (isOn(outlier['consecutiveFailures']) || isOn(outlier['failureRatio'])) return
  issues.add(path, {
    code: 'never-trips',
    message: 'no endpoint can ever be ejected: every rule is left out',
    hint: 'give it consecutiveFailures or failureRatio, or remove it',
    focus: 'key'
  })
}
