import { Duration, Type, type TSchema } from '../plugin-api/schema.ts'
import { CLOSED, Text } from './schema-parts.ts'

const Endpoint = Type.Object(
  {
    url: Text('Origin of the endpoint: `http://host:port` or `https://host`. No path, query or credentials.'),
    weight: Type.Integer({
      description: 'Share of the requests among the endpoints of the upstream; 0 sends no new requests.',
      default: 1,
      minimum: 0,
      maximum: 1000
    })
  },
  { ...CLOSED, description: 'One address of the upstream.' }
)

const LoadBalancing = Type.Object(
  {
    algorithm: Type.Optional(
      Type.Enum(['round-robin', 'weighted-round-robin'], {
        description: 'How an endpoint is picked. Default: `weighted-round-robin` when any weights differ, otherwise `round-robin`.'
      })
    )
  },
  { ...CLOSED, description: 'How requests are spread over the endpoints.', default: {} }
)

const Timeouts = Type.Object(
  {
    connect: Duration({ description: 'Time to open a connection to an endpoint, TLS included.', default: '2s' }),
    response: Duration({ description: 'Time from the sent request to the head of the answer.', default: '60s' }),
    idle: Duration({ description: 'Longest silence between two pieces of the body of an answer.', default: '60s' })
  },
  { ...CLOSED, description: 'Time limits towards the endpoints.', default: {} }
)

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
