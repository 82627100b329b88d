import type { ServiceQuery } from '../config/plan-discovery.ts'
import type { UpstreamPlan } from '../config/plan.ts'
import type { Clock } from '../plugin-api/index.ts'
import { createBalancer } from '../policy/balancer/create.ts'
import type { Balancer } from '../policy/balancer/types.ts'
import type { EndpointSetRule } from '../policy/health/types.ts'
import { createRetryBudget } from '../policy/retry/budget.ts'
import type { RetryBudget } from '../policy/retry/types.ts'
import type { UpstreamMetrics, UpstreamRuntime } from '../proxy/route-runtime.ts'
import type { HealthMetrics, Metrics, Series } from '../telemetry/metrics.ts'
import { createHashKey } from './hash-key.ts'
import { type DiscoveredService, Members, type MemberServices } from './members.ts'
import { type PolicyServices, takeBreaker, takeBulkhead } from './policies.ts'
import type { StateLease } from './registry.ts'

export interface UpstreamServices extends PolicyServices, MemberServices {
  readonly lease: StateLease
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: () => number
  /** Follows a service for as long as the lease lasts. */
  readonly discover: (query: ServiceQuery, lease: StateLease) => DiscoveredService
  /** An upstream of the same generation, for fallbacks; asked when it is needed. */
  readonly upstream: (name: string) => UpstreamRuntime | null
  readonly zone: string | null
}

export interface BuiltUpstream {
  readonly runtime: UpstreamRuntime
  /** Null when the endpoints are in the document. */
  readonly discovered: DiscoveredService | null
  /** Resolves when every endpoint has been checked once. */
  readonly checked: Promise<unknown>
  /** Lets the plan's endpoints and rules take effect on the state that generations share. Once, at the moment of the swap. */
  activate(): void
}

/** Builds an upstream on top of the state that earlier generations may have left: pools, health, breakers, balancer turns. */
export function createUpstream(plan: UpstreamPlan, services: UpstreamServices): BuiltUpstream {
  const { lease } = services
  const { name } = plan
  const { metrics } = lease.take<Series<UpstreamMetrics & HealthMetrics>>(
    `metrics:upstream:${name}`,
    () => services.metrics.upstream(name),
    (old) => old.remove()
  )
  const rule: EndpointSetRule = { outlier: plan.outlier, panicThreshold: plan.panicThreshold, zone: services.zone }
  const discovered = plan.discovery === null ? null : services.discover(plan.discovery, lease)
  const members = new Members(plan, rule, discovered, services, metrics)
  const budget = lease.take<RetryBudget>(`budget:${name}`, () => createRetryBudget(plan.retry.budget))
  const breaker = takeBreaker(plan.breaker, { upstream: name, route: '' }, services)
  const bulkhead = takeBulkhead(plan.bulkhead, { upstream: name, route: '' }, services)
  const { algorithm, slowStartMs } = plan.balancer
  const runtime: UpstreamRuntime = {
    name,
    balancer: lease.take<Balancer>(`balancer:${name}:${algorithm}:${slowStartMs}`, () => createBalancer(plan.balancer, services.random)),
    endpoints: members.endpoints,
    hashKey: algorithm === 'consistent-hash' ? createHashKey(plan.hashOn) : null,
    sticky: stickyRule(plan.sticky),
    measuresLatency: algorithm === 'least-latency',
    breaker: breaker.policy,
    bulkhead: bulkhead.policy,
    retry: plan.retry,
    budget,
    hedgeAfterMs: plan.hedge?.afterMs ?? null,
    fallback: fallbackOf(plan.fallback, services),
    timeouts: plan.timeouts,
    websocket: { ...plan.websocket, places: lease.take(`websockets:${name}`, () => ({ open: 0 })) },
    hostHeader: plan.hostHeader,
    metrics
  }
  return {
    runtime,
    discovered,
    checked: members.checked,
    activate() {
      members.activate()
      budget.configure(plan.retry.budget)
      breaker.activate()
      bulkhead.activate()
    }
  }
}

function stickyRule(plan: UpstreamPlan['sticky']): UpstreamRuntime['sticky'] {
  if (plan === null) return null
  const age = plan.maxAgeSeconds === null ? '' : `; Max-Age=${plan.maxAgeSeconds}`
  return { cookie: plan.cookie, attributes: `; Path=${plan.path}${age}; HttpOnly; SameSite=${plan.sameSite}${plan.secure ? '; Secure' : ''}` }
}

function fallbackOf(plan: UpstreamPlan['fallback'], services: UpstreamServices): UpstreamRuntime['fallback'] {
  if (plan === null) return null
  const { on, answer } = plan
  if (answer.kind === 'static') return { on, answer }
  return { on, answer: { kind: 'upstream', upstream: () => services.upstream(answer.upstream) } }
}
