import type { Breaker } from '../policy/breaker/types.ts'
import type { RouteRuntime, UpstreamRuntime } from '../proxy/route-runtime.ts'
import type { BreakerGauge, BulkheadGauge, UpstreamGauges } from './metrics.ts'

/** The part of a generation that gauges are read from. */
export interface Observed {
  readonly upstreams: ReadonlyMap<string, UpstreamRuntime>
  readonly routes: readonly RouteRuntime[]
}

export function* upstreamGauges({ upstreams }: Observed, now: number): Generator<UpstreamGauges> {
  for (const upstream of upstreams.values()) yield gaugesOf(upstream, now)
}

function gaugesOf({ name, endpoints }: UpstreamRuntime, now: number): UpstreamGauges {
  const counts: Record<string, number> = { available: 0, ejected: 0, probing: 0, unhealthy: 0, unknown: 0 }
  let inFlight = 0
  for (const endpoint of endpoints.members) {
    const state = endpoints.availability(endpoint.key, now)
    counts[state] = (counts[state] ?? 0) + 1
    inFlight += endpoint.inFlight
  }
  return { upstream: name, endpoints: counts, inFlight }
}

export function* breakerGauges({ upstreams, routes }: Observed, now: number): Generator<BreakerGauge> {
  for (const { name, breaker } of upstreams.values()) if (breaker !== null) yield { upstream: name, route: '', state: breakerState(breaker, now) }
  for (const { names, breaker } of routes) if (breaker !== null) yield { upstream: '', route: names.name, state: breakerState(breaker, now) }
}

function breakerState(breaker: Breaker, now: number): 0 | 1 | 2 {
  switch (breaker.phase(now)) {
    case 'closed':
    case 'forced-closed':
      return 0
    case 'half-open':
      return 1
    case 'open':
    case 'forced-open':
      return 2
  }
}

export function* bulkheadGauges({ upstreams, routes }: Observed): Generator<BulkheadGauge> {
  for (const { name, bulkhead } of upstreams.values()) {
    if (bulkhead !== null) yield { upstream: name, route: '', ...counts(bulkhead.places) }
  }
  for (const { names, bulkhead } of routes) {
    if (bulkhead !== null) yield { upstream: '', route: names.name, ...counts(bulkhead.places) }
  }
}

function counts({ running, queued, limit }: { readonly running: number; readonly queued: number; readonly limit: number }) {
  return { running, queued, limit }
}
