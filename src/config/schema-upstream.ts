import { Type, type TSchema } from '../plugin-api/schema.ts'
import { Endpoint, LoadBalancing } from './schema-balancing.ts'
import { HealthCheck, OutlierDetection } from './schema-health.ts'
import { Bulkhead, CircuitBreaker } from './schema-limits.ts'
import { Tls, UpstreamDiscovery } from './schema-discovery.ts'
import { CLOSED } from './schema-parts.ts'
import { Fallback, Hedge, Retry, Timeouts } from './schema-retry.ts'
import { RequestBuffer } from './schema-slow-clients.ts'
import { WebSocketLimits } from './schema-streams.ts'

/** One entry of `upstreams`. */
export function upstreamSchema<P extends TSchema>(plugins: P) {
  return Type.Object(
    {
      endpoints: Type.Optional(
        Type.Array(Type.Union([Type.String({ minLength: 1 }), Endpoint]), {
          description: 'The addresses of the service; a plain url stands for an endpoint of weight 1. Either this or `discovery`.',
          minItems: 1
        })
      ),
      discovery: Type.Optional(UpstreamDiscovery),
      loadBalancing: LoadBalancing,
      healthCheck: Type.Optional(HealthCheck),
      outlierDetection: OutlierDetection,
      circuitBreaker: Type.Optional(CircuitBreaker),
      bulkhead: Type.Optional(Bulkhead),
      retry: Retry,
      hedge: Type.Optional(Hedge),
      fallback: Type.Optional(Fallback),
      timeouts: Timeouts,
      bufferRequestBody: RequestBuffer({ default: '64KiB' }),
      websocket: WebSocketLimits,
      tls: Type.Optional(Tls('TLS towards endpoints with `https:` urls.')),
      hostHeader: Type.String({
        description: 'The Host that endpoints see: `upstream` (their own), `preserve` (what the client sent), or a fixed name.',
        default: 'upstream',
        minLength: 1
      }),
      plugins
    },
    { ...CLOSED, description: 'A service behind the gateway.' }
  )
}
