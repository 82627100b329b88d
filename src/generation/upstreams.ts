import { createHash } from 'node:crypto'
import type { UpstreamPlan } from '../config/plan.ts'
import type { Clock } from '../plugin-api/index.ts'
import { createBalancer } from '../policy/balancer/create.ts'
import type { Balancer } from '../policy/balancer/types.ts'
import { createEndpointSet } from '../policy/health/endpoint-set.ts'
import type { CheckStatus, EndpointSet, EndpointSetRule, HealthEvent } from '../policy/health/types.ts'
import { createRetryBudget } from '../policy/retry/budget.ts'
import type { RetryBudget } from '../policy/retry/types.ts'
import type { Endpoint } from '../proxy/ports.ts'
import type { UpstreamMetrics, UpstreamRuntime } from '../proxy/route-runtime.ts'
import type { HealthMetrics, Metrics, Series } from '../telemetry/metrics.ts'
import { type EndpointConnections, EndpointState } from './endpoint-state.ts'
import { createHashKey } from './hash-key.ts'
import { type PolicyServices, takeBreaker, takeBulkhead } from './policies.ts'
import type { StateLease } from './registry.ts'

export interface EndpointOptions extends Pick<UpstreamPlan['timeouts'], 'connectMs' | 'responseMs' | 'idleMs'> {
  readonly origin: string
  readonly tls: UpstreamPlan['tls']
}

/** The active checks of one endpoint; implemented by `src/upstream/`. */
export interface EndpointChecks {
  readonly status: CheckStatus
  /** Why the status is what it is. */
  readonly reason: string
  /** Resolves when the first check has been made, well or not. */
  readonly ready: Promise<void>
  onStatus: ((status: CheckStatus, reason: string) => void) | null
  stop(): void
}

export interface ChecksOptions {
  readonly origin: string
  readonly rule: NonNullable<UpstreamPlan['healthCheck']>
  readonly tls: UpstreamPlan['tls']
}

export interface UpstreamServices extends PolicyServices {
  readonly lease: StateLease
  readonly metrics: Metrics
  readonly clock: Clock
  readonly random: () => number
  readonly connect: (options: EndpointOptions) => EndpointConnections
  /** Starts the active checks of one endpoint. */
  readonly check: (options: ChecksOptions) => EndpointChecks
  readonly onHealth: (upstream: string, event: HealthEvent) => void
  /** An upstream of the same generation, for fallbacks; asked when it is needed. */
  readonly upstream: (name: string) => UpstreamRuntime | null
  readonly zone: string | null
}

export interface BuiltUpstream {
  readonly runtime: UpstreamRuntime
  /** Resolves when every endpoint has been checked once. */
  readonly checked: Promise<unknown>
  /** Lets the plan's endpoints and rules take effect on the state that generations share. Once, at the moment of the swap. */
  activate(): void
}

/** Builds an upstream on top of the state that earlier generations may have left: pools, health, breakers, balancer turns. */
export function createUpstream(plan: UpstreamPlan, services: UpstreamServices): BuiltUpstream {
  const { lease, clock } = services
  const { name } = plan
  const { metrics } = lease.take<Series<UpstreamMetrics & HealthMetrics>>(
    `metrics:upstream:${name}`,
    () => services.metrics.upstream(name),
    (old) => old.remove()
  )
  const members = plan.endpoints.filter((endpoint) => endpoint.weight > 0)
  const states = members.map((endpoint) => endpointState(plan, endpoint, services))
  const checks = members.map((endpoint) => takeChecks(plan, endpoint.origin, services))
  const rule: EndpointSetRule = { outlier: plan.outlier, panicThreshold: plan.panicThreshold, zone: services.zone }
  const endpoints = lease.take<EndpointSet<Endpoint>>(`endpoints:${name}`, () => createSet(plan, states, rule, services, metrics))
  const budget = lease.take<RetryBudget>(`budget:${name}`, () => createRetryBudget(plan.retry.budget))
  const breaker = takeBreaker(plan.breaker, { upstream: name, route: '' }, services)
  const bulkhead = takeBulkhead(plan.bulkhead, { upstream: name, route: '' }, services)
  const { algorithm, slowStartMs } = plan.balancer
  const runtime: UpstreamRuntime = {
    name,
    balancer: lease.take<Balancer>(`balancer:${name}:${algorithm}:${slowStartMs}`, () => createBalancer(plan.balancer, services.random)),
    endpoints,
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
    hostHeader: plan.hostHeader,
    metrics
  }
  return {
    runtime,
    checked: Promise.all(checks.flatMap((check) => (check === null ? [] : [check.ready]))),
    activate() {
      const now = clock.now()
      takeOver(endpoints.members as readonly EndpointState[], states, members, now)
      endpoints.replace(states, rule, now)
      for (const [index, state] of states.entries()) follow(endpoints, state.key, checks[index] ?? null, clock)
      budget.configure(plan.retry.budget)
      breaker.activate()
      bulkhead.activate()
    }
  }
}

/** Settings that need new connections are part of the key; everything else may change under a living pool. */
function endpointState(plan: UpstreamPlan, endpoint: UpstreamPlan['endpoints'][number], services: UpstreamServices): EndpointState {
  const { tls } = plan
  const { connectMs, responseMs, idleMs } = plan.timeouts
  const { origin, weight, zone } = endpoint
  return services.lease.take(
    `endpoint:${plan.name}:${origin}:${settingsKey([tls, connectMs, responseMs, idleMs])}`,
    () => new EndpointState(origin, weight, zone, services.connect({ origin, connectMs, responseMs, idleMs, tls })),
    (state) => {
      void state.transport.close()
    }
  )
}

function takeChecks(plan: UpstreamPlan, origin: string, services: UpstreamServices): EndpointChecks | null {
  const { healthCheck: rule, tls } = plan
  if (rule === null) return null
  return services.lease.take(
    `checks:${plan.name}:${origin}:${settingsKey([rule, tls])}`,
    () => services.check({ origin, rule, tls }),
    (checks) => checks.stop()
  )
}

function settingsKey(settings: unknown): string {
  return createHash('sha256').update(JSON.stringify(settings)).digest('base64url').slice(0, 16)
}

function createSet(
  plan: UpstreamPlan,
  states: readonly EndpointState[],
  rule: EndpointSetRule,
  services: UpstreamServices,
  metrics: HealthMetrics
): EndpointSet<Endpoint> {
  const { clock } = services
  const set: EndpointSet<Endpoint> = createEndpointSet<Endpoint>(states, rule, services.random, clock.now(), (event) => {
    // What comes back starts slowly again.
    if (event.kind === 'recovered' || event.kind === 'healthy') {
      const back = set.members.find(({ key }) => key === event.key) as EndpointState | undefined
      if (back !== undefined) back.sinceMs = clock.now()
    }
    if (event.kind === 'ejected') metrics.ejected(event.reason)
    services.onHealth(plan.name, event)
  })
  return set
}

/** Weights and zones of the new plan; an address that was there before goes on as it was, a new one starts now. */
function takeOver(before: readonly EndpointState[], after: readonly EndpointState[], plans: UpstreamPlan['endpoints'], now: number): void {
  const known = new Map(before.map((state) => [state.key, state]))
  for (const [index, state] of after.entries()) {
    const plan = plans[index] as UpstreamPlan['endpoints'][number]
    state.weight = plan.weight
    state.zone = plan.zone
    const old = known.get(state.key)
    if (old === undefined) state.sinceMs = now
    else if (old !== state) state.inherit(old)
  }
}

function follow(endpoints: EndpointSet<Endpoint>, key: string, checks: EndpointChecks | null, clock: Clock): void {
  if (checks === null) {
    endpoints.check(key, 'unchecked', clock.now(), '')
    return
  }
  endpoints.check(key, checks.status, clock.now(), checks.reason)
  checks.onStatus = (status, reason) => endpoints.check(key, status, clock.now(), reason)
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
