import { Type, type TSchema } from '../plugin-api/schema.ts'
import { Endpoint, LoadBalancing } from './schema-balancing.ts'
import { HealthCheck, OutlierDetection } from './schema-health.ts'
import { Bulkhead, CircuitBreaker } from './schema-limits.ts'
import { CLOSED, Text } from './schema-parts.ts'
import { Fallback, Hedge, Retry, Timeouts } from './schema-retry.ts'

const Tls = Type.Object(
  {
    caFile: Type.Optional(Text('PEM file of the authorities to trust instead of those of the system.')),
    certFile: Type.Optional(Text('PEM file of the client certificate; needs `keyFile`.')),
    keyFile: Type.Optional(Text('PEM file of the private key of the client certificate; needs `certFile`.')),
    serverName: Type.Optional(Text('Name to ask for (SNI) and to verify; default: the host of the endpoint.')),
    insecureSkipVerify: Type.Boolean({ description: 'Accept any certificate. Only for tests.', default: false })
  },
  { ...CLOSED, description: 'TLS towards endpoints with `https:` urls.' }
)

/** One entry of `upstreams`. */
export function upstreamSchema<P extends TSchema>(plugins: P) {
  return Type.Object(
    {
      endpoints: Type.Array(Type.Union([Type.String({ minLength: 1 }), Endpoint]), {
        description: 'The addresses of the service; a plain url stands for an endpoint of weight 1.',
        minItems: 1
      }),
      loadBalancing: LoadBalancing,
      healthCheck: Type.Optional(HealthCheck),
      outlierDetection: OutlierDetection,
      circuitBreaker: Type.Optional(CircuitBreaker),
      bulkhead: Type.Optional(Bulkhead),
      retry: Retry,
      hedge: Type.Optional(Hedge),
      fallback: Type.Optional(Fallback),
      timeouts: Timeouts,
      tls: Type.Optional(Tls),
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
