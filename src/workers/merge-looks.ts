import type { BulkheadLook, EndpointLook, GatewayLook, PolicyLook, RouteLook, UpstreamLook } from '../admin/look.ts'
import type { Availability } from '../policy/health/types.ts'

/** From best to worst: what one worker has found out counts until it has told the others. */
const BEST_FIRST: readonly Availability[] = ['available', 'probing', 'ejected', 'unhealthy', 'unknown']

/**
 * What several workers show, as if they were one gateway: requests and places are added up, of an endpoint's states the worst is shown, its
 * latency is the mean, its last failure the latest. Breakers are shared, so the first worker's word is everybody's.
 */
export function mergeLooks(looks: readonly GatewayLook[]): GatewayLook {
  return {
    upstreams: grouped(looks.flatMap(({ upstreams }) => upstreams)).map(mergeUpstream),
    routes: grouped(looks.flatMap(({ routes }) => routes)).map(mergeRoute)
  }
}

function mergeUpstream(same: Same<UpstreamLook>): UpstreamLook {
  const [first] = same
  return {
    name: first.name,
    panicking: same.some(({ panicking }) => panicking),
    measuresLatency: first.measuresLatency,
    endpoints: groupedBy(
      same.flatMap(({ endpoints }) => endpoints),
      ({ key }) => key
    ).map(mergeEndpoint),
    ...mergePolicies(same)
  }
}

function mergeRoute(same: Same<RouteLook>): RouteLook {
  return { name: same[0].name, ...mergePolicies(same) }
}

function mergePolicies(same: Same<PolicyLook>): PolicyLook {
  const bulkheads = same.flatMap(({ bulkhead }) => bulkhead ?? [])
  return { breaker: same[0].breaker, bulkhead: bulkheads.length === 0 ? null : bulkheads.reduce(together) }
}

function together(a: BulkheadLook, b: BulkheadLook): BulkheadLook {
  return { running: a.running + b.running, queued: a.queued + b.queued, limit: a.limit + b.limit }
}

function mergeEndpoint(same: Same<EndpointLook>): EndpointLook {
  const failures = same.flatMap(({ lastFailure }) => lastFailure ?? [])
  // One that has measured nothing yet has nothing to say.
  const latencies = same.flatMap(({ latencyMs }) => (latencyMs > 0 ? [latencyMs] : []))
  return {
    ...same[0],
    availability: BEST_FIRST.findLast((state) => same.some(({ availability }) => availability === state)) ?? same[0].availability,
    ejectedUntilMs: Math.max(...same.map(({ ejectedUntilMs }) => ejectedUntilMs)),
    inFlight: same.reduce((sum, { inFlight }) => sum + inFlight, 0),
    latencyMs: latencies.length === 0 ? 0 : latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length,
    lastFailure: failures.toSorted((a, b) => b.atMs - a.atMs)[0] ?? null
  }
}

/** At least one. */
type Same<T> = readonly [T, ...T[]]

function grouped<T extends { readonly name: string }>(all: readonly T[]): readonly Same<T>[] {
  return groupedBy(all, ({ name }) => name)
}

function groupedBy<T>(all: readonly T[], nameOf: (one: T) => string): readonly Same<T>[] {
  return [...Map.groupBy(all, nameOf).values()] as unknown as readonly Same<T>[]
}
