import type { FastifyReply } from 'fastify'
import type { ServiceWatch } from '../discovery/service-watch.ts'
import type { Breaker } from '../policy/breaker/types.ts'
import type { Endpoint } from '../proxy/ports.ts'
import { describeWatch, provenance } from './discovered.ts'
import type { BulkheadRuntime, UpstreamRuntime } from '../proxy/route-runtime.ts'

/** Times on the outside are ms since the Unix epoch; inside they are monotonic. */
export function describeUpstream(upstream: UpstreamRuntime, watch: ServiceWatch | null, now: number, wall: number): object {
  const { endpoints, breaker, bulkhead } = upstream
  return {
    name: upstream.name,
    ...(endpoints.panicking ? { panic: true } : {}),
    endpoints: endpoints.members.map((endpoint) => ({ ...describeEndpoint(upstream, endpoint, now, wall), ...provenance(watch, endpoint.origin) })),
    ...(watch === null ? {} : { discovery: describeWatch(watch, wall) }),
    ...(breaker === null ? {} : { circuitBreaker: describeBreaker(breaker, now, wall) }),
    ...(bulkhead === null ? {} : { bulkhead: describeBulkhead(bulkhead) })
  }
}

function describeEndpoint({ endpoints, measuresLatency }: UpstreamRuntime, endpoint: Endpoint, now: number, wall: number): object {
  const until = endpoints.ejectedUntil(endpoint.key)
  return {
    url: endpoint.origin,
    state: endpoints.availability(endpoint.key, now),
    weight: endpoint.weight,
    ...(endpoint.zone === null ? {} : { zone: endpoint.zone }),
    inFlight: endpoint.inFlight,
    ...(measuresLatency ? { latencyMs: Math.round(endpoint.latencyMs * 100) / 100 } : {}),
    ...(until > now ? { ejectedUntil: Math.round(wall + until - now) } : {}),
    lastFailure: endpoint.lastFailure
  }
}

export function describeBreaker(breaker: Breaker, now: number, wall: number): object {
  const { phase, reason, sinceMs, requests, failures, slow, retryAfterMs } = breaker.snapshot(now)
  return { state: phase, reason, since: Number.isFinite(sinceMs) ? Math.round(wall - (now - sinceMs)) : null, requests, failures, slow, retryAfterMs }
}

export function describeBulkhead({ places }: BulkheadRuntime): object {
  return { running: places.running, queued: places.queued, limit: places.limit }
}

const MODES = ['open', 'closed', 'auto'] as const

/** `{"state": "open" | "closed" | "auto"}`: the operator's word, until `auto` or a restart. */
export function forceBreaker(
  reply: FastifyReply,
  breaker: Breaker | null,
  owner: string,
  body: unknown,
  clock: { now(): number; wall(): number }
): FastifyReply {
  if (breaker === null) return reply.code(404).send({ error: `${owner} has no circuit breaker` })
  const state = typeof body === 'object' && body !== null && 'state' in body ? body.state : undefined
  const mode = MODES.find((known) => known === state)
  if (mode === undefined) return reply.code(400).send({ error: 'expected {"state": "open"}, {"state": "closed"} or {"state": "auto"}' })
  breaker.force(mode, clock.now())
  return reply.send(describeBreaker(breaker, clock.now(), clock.wall()))
}
