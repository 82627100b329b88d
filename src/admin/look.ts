import type { BreakerSnapshot } from '../policy/breaker/types.ts'
import type { Availability } from '../policy/health/types.ts'
import type { Endpoint } from '../proxy/ports.ts'
import type { RouteRuntime, UpstreamRuntime } from '../proxy/route-runtime.ts'

/** The present state of a gateway, as far as the admin listener shows it: plain, so that it can be a message. Times are monotonic ms. */
export interface GatewayLook {
  readonly upstreams: readonly UpstreamLook[]
  readonly routes: readonly RouteLook[]
}

export interface PolicyLook {
  readonly breaker: BreakerSnapshot | null
  readonly bulkhead: BulkheadLook | null
}

export interface BulkheadLook {
  readonly running: number
  readonly queued: number
  readonly limit: number
}

export interface RouteLook extends PolicyLook {
  readonly name: string
}

export interface UpstreamLook extends PolicyLook {
  readonly name: string
  readonly panicking: boolean
  readonly measuresLatency: boolean
  readonly endpoints: readonly EndpointLook[]
}

export interface EndpointLook extends Pick<Endpoint, 'key' | 'origin' | 'weight' | 'zone' | 'inFlight' | 'latencyMs' | 'lastFailure'> {
  readonly availability: Availability
  /** 0 when not ejected. */
  readonly ejectedUntilMs: number
}

/** What a look is taken at. */
export interface Looked {
  upstreams(): ReadonlyMap<string, UpstreamRuntime>
  routes(): readonly RouteRuntime[]
  now(): number
}

export function lookAt(view: Looked): GatewayLook {
  const now = view.now()
  return {
    upstreams: Array.from(view.upstreams().values(), (upstream) => lookAtUpstream(upstream, now)),
    routes: view.routes().map((route) => ({ name: route.names.name, ...lookAtPolicies(route, now) }))
  }
}

function lookAtUpstream(upstream: UpstreamRuntime, now: number): UpstreamLook {
  const { name, endpoints, measuresLatency } = upstream
  return {
    name,
    panicking: endpoints.panicking,
    measuresLatency,
    endpoints: endpoints.members.map(({ key, origin, weight, zone, inFlight, latencyMs, lastFailure }) => ({
      key,
      origin,
      weight,
      zone,
      inFlight,
      latencyMs,
      lastFailure,
      availability: endpoints.availability(key, now),
      ejectedUntilMs: endpoints.ejectedUntil(key)
    })),
    ...lookAtPolicies(upstream, now)
  }
}

function lookAtPolicies({ breaker, bulkhead }: Pick<RouteRuntime, 'breaker' | 'bulkhead'>, now: number): PolicyLook {
  return { breaker: breaker?.snapshot(now) ?? null, bulkhead: bulkhead === null ? null : lookAtPlaces(bulkhead.places) }
}

function lookAtPlaces({ running, queued, limit }: BulkheadLook): BulkheadLook {
  return { running, queued, limit }
}
