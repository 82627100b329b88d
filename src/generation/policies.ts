import type { Clock } from '../plugin-api/index.ts'
import { createBreaker } from '../policy/breaker/breaker.ts'
import { type BreakerMemory, privateMemory } from '../policy/breaker/memory.ts'
import type { Breaker, BreakerRule, BreakerTransition } from '../policy/breaker/types.ts'
import { createBulkhead } from '../policy/bulkhead/bulkhead.ts'
import type { Bulkhead, BulkheadRule } from '../policy/bulkhead/types.ts'
import type { BulkheadRuntime } from '../proxy/route-runtime.ts'
import type { BreakerMetrics, Metrics, PolicyOwner, Series } from '../telemetry/metrics.ts'
import type { StateLease } from './registry.ts'

/** Where breakers keep their state, by name of their owner. Each take has its release. */
export interface BreakerMemories {
  take(name: string): BreakerMemory
  release(name: string): void
}

/** Each breaker is this gateway's own. */
export const OWN_BREAKERS: BreakerMemories = { take: privateMemory, release() {} }

export interface PolicyServices {
  readonly lease: StateLease
  readonly breakerMemories: BreakerMemories
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: () => number
  readonly onBreaker: (owner: PolicyOwner, transition: BreakerTransition) => void
}

/** A policy over state that generations share, and the moment from which the plan's rule counts. */
export interface TakenPolicy<T> {
  readonly policy: T | null
  activate(): void
}

const NONE: TakenPolicy<never> = { policy: null, activate() {} }

/** The breaker of an upstream, or of a route; its state outlives a change of its rule. */
export function takeBreaker(rule: BreakerRule | null, owner: PolicyOwner, services: PolicyServices): TakenPolicy<Breaker> {
  if (rule === null) return NONE
  const { metrics } = services.lease.take<Series<BreakerMetrics>>(
    `metrics:breaker:${owner.upstream}:${owner.route}`,
    () => services.metrics.breaker(owner),
    (old) => old.remove()
  )
  const name = `breaker:${owner.upstream}:${owner.route}`
  const onTransition = (transition: BreakerTransition): void => {
    metrics.transition(transition.to)
    services.onBreaker(owner, transition)
  }
  const policy = services.lease.take<Breaker>(
    name,
    () => createBreaker(rule, services.random, onTransition, services.breakerMemories.take(name)),
    () => services.breakerMemories.release(name)
  )
  return { policy, activate: () => policy.configure(rule) }
}

/** The bulkhead of an upstream, or of a route; who is inside or waits outlives a change of its size. */
export function takeBulkhead(rule: BulkheadRule | null, owner: PolicyOwner, services: PolicyServices): TakenPolicy<BulkheadRuntime> {
  if (rule === null) return NONE
  const places = services.lease.take<Bulkhead>(`bulkhead:${owner.upstream}:${owner.route}`, () => createBulkhead(rule))
  return { policy: { places, queueTimeoutMs: rule.queueTimeoutMs }, activate: () => places.configure(rule) }
}
