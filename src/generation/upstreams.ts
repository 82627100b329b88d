import { createHash } from 'node:crypto'
import type { UpstreamPlan } from '../config/plan.ts'
import { createBalancer } from '../policy/balancer/create.ts'
import type { Endpoint, Transport } from '../proxy/ports.ts'
import type { UpstreamRuntime } from '../proxy/route-runtime.ts'
import type { Metrics, Series } from '../telemetry/metrics.ts'
import type { UpstreamMetrics } from '../proxy/route-runtime.ts'
import type { StateLease } from './registry.ts'

/** What is dialled for one endpoint; implemented by `src/upstream/`. */
export interface EndpointConnections extends Transport {
  close(): Promise<void>
}

export interface EndpointOptions extends Pick<UpstreamPlan['timeouts'], 'connectMs' | 'responseMs' | 'idleMs'> {
  readonly origin: string
  readonly tls: UpstreamPlan['tls']
}

export interface UpstreamServices {
  readonly lease: StateLease
  readonly metrics: Metrics
  readonly random: () => number
  readonly connect: (options: EndpointOptions) => EndpointConnections
}

/** Builds an upstream on top of the state that earlier generations may have left: pools, in-flight counts, balancer turns. */
export function createUpstream(plan: UpstreamPlan, services: UpstreamServices): UpstreamRuntime {
  const { lease } = services
  const series = lease.take<Series<UpstreamMetrics>>(
    `metrics:upstream:${plan.name}`,
    () => services.metrics.upstream(plan.name),
    (old) => old.remove()
  )
  const candidates = plan.endpoints
    .filter((endpoint) => endpoint.weight > 0)
    .map((endpoint) => withWeight(endpointState(plan, endpoint.origin, services), endpoint.weight))
  return {
    name: plan.name,
    balancer: lease.take(`balancer:${plan.name}:${plan.balancer.algorithm}`, () => createBalancer(plan.balancer.algorithm, services.random)),
    candidates,
    hostHeader: plan.hostHeader,
    metrics: series.metrics
  }
}

/** Settings that need new connections are part of the key; everything else may change under a living pool. */
function endpointState(plan: UpstreamPlan, origin: string, services: UpstreamServices): EndpointState {
  const { tls, timeouts } = plan
  const settings = createHash('sha256')
    .update(JSON.stringify([tls, timeouts]))
    .digest('base64url')
    .slice(0, 16)
  return services.lease.take(
    `endpoint:${plan.name}:${origin}:${settings}`,
    () => {
      const connections = services.connect({ origin, ...timeouts, tls })
      return new EndpointState(origin, connections)
    },
    (state) => {
      void state.connections.close()
    }
  )
}

class EndpointState {
  readonly origin: string
  readonly authority: string
  readonly connections: EndpointConnections
  inFlight = 0
  lastFailure: Endpoint['lastFailure'] = null

  constructor(origin: string, connections: EndpointConnections) {
    this.origin = origin
    this.authority = new URL(origin).host
    this.connections = connections
  }
}

/** An endpoint as one generation weighs it, over the state that all share. */
function withWeight(state: EndpointState, weight: number): Endpoint {
  return {
    key: state.origin,
    origin: state.origin,
    authority: state.authority,
    transport: state.connections,
    weight,
    get inFlight() {
      return state.inFlight
    },
    set inFlight(count) {
      state.inFlight = count
    },
    get lastFailure() {
      return state.lastFailure
    },
    set lastFailure(failure) {
      state.lastFailure = failure
    }
  }
}
