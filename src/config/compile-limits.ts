import { durationMs } from '../plugin-api/units.ts'
import type { BreakerRule } from '../policy/breaker/types.ts'
import type { BulkheadRule } from '../policy/bulkhead/types.ts'
import type { OverloadPlan } from './plan.ts'
import { ratioOf } from './ratio.ts'
import type { GatewayDocument, UpstreamDocument } from './schema-document.ts'

/** A rule that may be switched off, as its own value or null. */
export function unlessOff<T, R>(value: T | false | 'off' | undefined, convert: (value: T) => R): R | null {
  return value === undefined || value === false || value === 'off' ? null : convert(value)
}

export function compileBreaker(breaker: UpstreamDocument['circuitBreaker']): BreakerRule | null {
  if (breaker === undefined) return null
  return {
    windowMs: durationMs(breaker.window),
    minimumRequests: breaker.minimumRequests,
    failureRatio: unlessOff(breaker.failureRatio, ratioOf),
    slowCallMs: unlessOff(breaker.slowCall, durationMs),
    slowCallRatio: ratioOf(breaker.slowCallRatio),
    consecutiveFailures: unlessOff(breaker.consecutiveFailures, Number),
    openMs: durationMs(breaker.openFor),
    maxOpenMs: durationMs(breaker.maxOpenFor),
    jitter: ratioOf(breaker.jitter),
    halfOpenRequests: breaker.halfOpenRequests,
    halfOpenSuccesses: breaker.halfOpenSuccesses ?? breaker.halfOpenRequests
  }
}

export function compileBulkhead(bulkhead: UpstreamDocument['bulkhead']): BulkheadRule | null {
  if (bulkhead === undefined) return null
  const { maxConcurrent, maxQueued, queueTimeout, adaptive } = bulkhead
  return { maxConcurrent, maxQueued, queueTimeoutMs: durationMs(queueTimeout), adaptive: compileAdaptive(adaptive, maxConcurrent) }
}

function compileAdaptive(adaptive: NonNullable<UpstreamDocument['bulkhead']>['adaptive'], maxConcurrent: number): BulkheadRule['adaptive'] {
  if (adaptive === false) return null
  const { minConcurrent, initialConcurrent, tolerance } = adaptive === true ? { tolerance: 1.5 } : adaptive
  const initial = Math.min(initialConcurrent ?? 20, maxConcurrent)
  const min = minConcurrent ?? Math.min(4, initial)
  return { minConcurrent: min, initialConcurrent: Math.max(initial, min), tolerance }
}

export function compileOverload(overload: GatewayDocument['overload']): OverloadPlan | null {
  if (overload === undefined) return null
  return {
    eventLoopDelayMs: unlessOff(overload.eventLoopDelay, durationMs),
    eventLoopUtilization: unlessOff(overload.eventLoopUtilization, ratioOf),
    retryAfterSeconds: Math.max(1, Math.ceil(durationMs(overload.retryAfter) / 1000))
  }
}
