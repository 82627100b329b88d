import { Duration, Size, Type, type Static, type TSchema } from '../plugin-api/schema.ts'
import { AuthenticationSchema, ConsumerSchema } from './schema-consumers.ts'
import { Discovery } from './schema-discovery.ts'
import { Listener } from './schema-listener.ts'
import { Overload } from './schema-limits.ts'
import { CLOSED, NamedMap, TextList } from './schema-parts.ts'
import { RedisSettings } from './schema-redis.ts'
import { routeSchema } from './schema-route.ts'
import { ClientTimeouts } from './schema-slow-clients.ts'
import { upstreamSchema } from './schema-upstream.ts'

const Admin = Type.Object(
  {
    address: Type.String({ description: 'Address of the admin listener. Keep it private.', default: '127.0.0.1:9901', minLength: 1 })
  },
  { ...CLOSED, description: 'The admin listener.' }
)

const Limits = Type.Object(
  {
    headers: Size({ description: 'Longest head of a request, all header fields together; 431 past it.', default: '16KiB' }),
    headerCount: Type.Integer({ description: 'Most header fields of a request.', default: 100, minimum: 1, maximum: 10_000 }),
    url: Size({ description: 'Longest request target; 414 past it.', default: '8KiB' }),
    body: Size({ description: 'Longest body of a request; 413 past it.', default: '10MiB' }),
    streams: Type.Integer({
      description: 'Most requests that run at a time on one HTTP/2 connection; further streams are refused.',
      default: 100,
      minimum: 1,
      maximum: 10_000
    }),
    connections: Type.Optional(
      Type.Integer({ description: 'Most client connections at a time, over all listeners; further ones are closed at once.', minimum: 1 })
    ),
    connectionsPerIp: Type.Optional(
      Type.Integer({ description: 'Most connections of one address at a time; trusted proxies may have more.', minimum: 1 })
    )
  },
  { ...CLOSED, description: 'Limits on what clients may send.', default: {} }
)

const Shutdown = Type.Object(
  {
    delay: Duration({ description: 'Time between readiness turning false and the listeners closing.', default: '5s' }),
    drain: Duration({ description: 'Longest wait for running requests to end.', default: '30s' })
  },
  { ...CLOSED, description: 'How the gateway stops.', default: {} }
)

const Log = Type.Object(
  {
    level: Type.Enum(['debug', 'info', 'warn', 'error', 'silent'], { description: 'Least severe log lines to write.', default: 'info' }),
    access: Type.Boolean({ description: 'Write one line per request.', default: true })
  },
  { ...CLOSED, description: 'The log, JSON lines on standard output.', default: {} }
)

const Telemetry = Type.Object({ log: Log }, { ...CLOSED, description: 'What the gateway tells about itself.', default: {} })

/** The parts of the document whose shape depends on the plugins. */
export interface PluginSchemas<P extends TSchema> {
  readonly providers: P
  readonly global: P
  readonly upstream: P
  readonly route: P
}

/** The schema of the whole document. */
export function documentSchema<P extends TSchema>(plugins: PluginSchemas<P>) {
  return Type.Object(
    {
      version: Type.Literal(1, { description: 'Version of this document format.' }),
      listeners: Type.Array(Listener, {
        description: 'Where clients connect.',
        default: [{ address: '0.0.0.0:8080' }],
        minItems: 1
      }),
      admin: Type.Union([Type.Literal(false), Admin], {
        description: 'Health, metrics and state, on an address of its own; `false` turns it off.',
        default: {}
      }),
      trustedProxies: TextList('Addresses and CIDR blocks of proxies whose `X-Forwarded-*` fields are believed; default nobody.'),
      limits: Limits,
      workers: Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1, maximum: 64 })], {
        description: 'Threads that serve requests; `auto` for one of each core that this process may use. A change takes effect with the next start.',
        default: 1
      }),
      clientTimeouts: ClientTimeouts,
      shutdown: Shutdown,
      telemetry: Telemetry,
      zone: Type.Optional(Type.String({ description: 'Where this gateway runs; endpoints of the same zone are preferred. Empty: no preference.' })),
      overload: Type.Optional(Overload),
      discovery: Discovery,
      redis: Type.Optional(RedisSettings),
      consumers: Type.Array(ConsumerSchema, { description: 'Known callers and their credentials.', default: [] }),
      authentication: Type.Optional(AuthenticationSchema),
      providers: plugins.providers,
      plugins: plugins.global,
      upstreams: NamedMap(upstreamSchema(plugins.upstream), 'The services behind the gateway, by name.'),
      routes: Type.Array(routeSchema(plugins.route), {
        description: 'Which request goes to which upstream; their order does not matter.',
        default: []
      })
    },
    { ...CLOSED, description: 'Configuration of a Sallyport gateway.' }
  )
}

const OPEN = Type.Record(Type.String(), Type.Unknown(), { description: 'Checked apart.', default: {} })

/** What the document is validated with; plugins and providers are then validated one by one, for better messages. */
export const CORE_SCHEMA = documentSchema({ providers: OPEN, global: OPEN, upstream: OPEN, route: OPEN })

/** A valid document with its defaults. */
export type GatewayDocument = Static<typeof CORE_SCHEMA>
export type UpstreamDocument = GatewayDocument['upstreams'][string]
export type DiscoveryDocument = GatewayDocument['discovery']
export type RouteDocument = GatewayDocument['routes'][number]
