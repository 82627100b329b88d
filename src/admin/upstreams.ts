import type { BreakerSnapshot } from '../policy/breaker/types.ts'
import type { FollowedService, ForcedMode } from './desk.ts'
import { describeWatch, provenance } from './discovered.ts'
import type { EndpointLook, PolicyLook, UpstreamLook } from './look.ts'

/** Times on the outside are ms since the Unix epoch; inside they are monotonic. */
interface Times {
  now(): number
  wall(): number
}

export function describeUpstream(upstream: UpstreamLook, watch: FollowedService | null, times: Times): object {
  return {
    name: upstream.name,
    ...(upstream.panicking ? { panic: true } : {}),
    endpoints: upstream.endpoints.map((endpoint) => ({
      ...describeEndpoint(endpoint, upstream.measuresLatency, times),
      ...provenance(watch, endpoint.origin)
    })),
    ...(watch === null ? {} : { discovery: describeWatch(watch, times.wall()) }),
    ...describePolicies(upstream, times)
  }
}

function describeEndpoint(endpoint: EndpointLook, measuresLatency: boolean, times: Times): object {
  const { origin, availability, weight, zone, inFlight, latencyMs, ejectedUntilMs, lastFailure } = endpoint
  const now = times.now()
  return {
    url: origin,
    state: availability,
    weight,
    ...(zone === null ? {} : { zone }),
    inFlight,
    ...(measuresLatency ? { latencyMs: Math.round(latencyMs * 100) / 100 } : {}),
    ...(ejectedUntilMs > now ? { ejectedUntil: Math.round(times.wall() + ejectedUntilMs - now) } : {}),
    lastFailure
  }
}

export function describePolicies({ breaker, bulkhead }: PolicyLook, times: Times): object {
  return {
    ...(breaker === null ? {} : { circuitBreaker: describeBreaker(breaker, times) }),
    ...(bulkhead === null ? {} : { bulkhead })
  }
}

export function describeBreaker({ phase, reason, sinceMs, requests, failures, slow, retryAfterMs }: BreakerSnapshot, times: Times): object {
  const since = Number.isFinite(sinceMs) ? Math.round(times.wall() - (times.now() - sinceMs)) : null
  return { state: phase, reason, since, requests, failures, slow, retryAfterMs }
}

const MODES = ['open', 'closed', 'auto'] as const

/** What `{"state": "open" | "closed" | "auto"}` asks for; null for anything else. */
export function modeOf(body: unknown): ForcedMode | null {
  const state = typeof body === 'object' && body !== null && 'state' in body ? body.state : undefined
  return MODES.find((known) => known === state) ?? null
}
