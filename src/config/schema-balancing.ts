import { Duration, Type } from '../plugin-api/schema.ts'
import { ALGORITHMS } from '../policy/balancer/types.ts'
import { CLOSED, CookieName, HeaderName, Ratio, Text } from './schema-parts.ts'

export const Endpoint = Type.Object(
  {
    url: Text('Origin of the endpoint: `http://host:port` or `https://host`. No path, query or credentials.'),
    weight: Type.Integer({
      description: 'Share of the requests among the endpoints of the upstream; 0 sends no new requests.',
      default: 1,
      minimum: 0,
      maximum: 1000
    }),
    zone: Type.Optional(Text('Where the endpoint runs; endpoints in the zone of the gateway are preferred.'))
  },
  { ...CLOSED, description: 'One address of the upstream.' }
)

const HashOn = Type.Union(
  [
    Type.Literal('client-ip'),
    Type.Literal('consumer'),
    Type.Object({ header: HeaderName('Name of a header field of the request.') }, CLOSED),
    Type.Object({ cookie: CookieName('Name of a cookie of the request.') }, CLOSED),
    Type.Object({ param: Text('Name of a parameter of the path of the route.') }, CLOSED)
  ],
  { description: 'What `consistent-hash` hashes: `client-ip` (the default), `consumer`, `{header: …}`, `{cookie: …}` or `{param: …}`.' }
)

const Sticky = Type.Object(
  {
    cookie: Type.String({ ...CookieName('Name of the cookie that the gateway sets.'), default: 'sallyport-endpoint' }),
    maxAge: Type.Optional(Duration({ description: 'How long browsers keep the cookie; without it until they are closed.' })),
    sameSite: Type.Enum(['lax', 'strict', 'none'], {
      description: 'When browsers send the cookie across sites; `none` needs `secure`.',
      default: 'lax'
    }),
    secure: Type.Boolean({ description: 'Browsers send the cookie over HTTPS only.', default: false }),
    path: Type.String({
      description: 'Paths that browsers send the cookie for.',
      default: '/',
      pattern: '^/[!-:<-~]*$',
      patternErrorMessage: 'expected a path that starts with / and has no semicolon, space or control character'
    })
  },
  { ...CLOSED, description: 'Keeps a client at its endpoint by means of a cookie.' }
)

export const LoadBalancing = Type.Object(
  {
    algorithm: Type.Optional(
      Type.Enum([...ALGORITHMS], {
        description:
          'How an endpoint is picked. Default: `weighted-round-robin` when any weights differ or `slowStart` is set, otherwise `round-robin`.'
      })
    ),
    hashOn: Type.Optional(HashOn),
    slowStart: Duration({ description: 'Time in which a new or recovered endpoint grows to its full share; 0s for none.', default: '0s' }),
    sticky: Type.Optional(Sticky),
    panicThreshold: Ratio({
      description: 'Share of usable endpoints below which requests go to all of them, whatever their health; 0% never.',
      default: '10%'
    })
  },
  { ...CLOSED, description: 'How requests are spread over the endpoints.', default: {} }
)
