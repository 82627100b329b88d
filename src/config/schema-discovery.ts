import { Duration, Type } from '../plugin-api/schema.ts'
import { CLOSED, Ratio, Text, TextList } from './schema-parts.ts'

const Secret = (description: string) => Type.String({ description, minLength: 1, writeOnly: true })

const Scheme = (description: string) => Type.Enum(['http', 'https'], { description, default: 'http' })

/** TLS towards a registry; the same keys as under an upstream. */
export const Tls = (description: string) =>
  Type.Object(
    {
      caFile: Type.Optional(Text('PEM file of the authorities to trust instead of those of the system.')),
      certFile: Type.Optional(Text('PEM file of the client certificate; needs `keyFile`.')),
      keyFile: Type.Optional(Text('PEM file of the private key of the client certificate; needs `certFile`.')),
      serverName: Type.Optional(Text('Name to ask for (SNI) and to verify; default: the host of the endpoint.')),
      insecureSkipVerify: Type.Boolean({ description: 'Accept any certificate. Only for tests.', default: false })
    },
    { ...CLOSED, description }
  )

/** One url or several. */
const Addresses = (description: string, fallback?: string) =>
  Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })], {
    description,
    ...(fallback === undefined ? {} : { default: fallback })
  })

const Consul = Type.Object(
  {
    address: Addresses('Url of an agent, or several that are tried in turn.', 'http://127.0.0.1:8500'),
    token: Type.Optional(Type.String({ description: 'ACL token; empty for none.', writeOnly: true })),
    tokenFile: Type.Optional(Text('File with the ACL token, read again when it changes.')),
    datacenter: Type.Optional(Text('Datacenter of services that name none; default: that of the agent.')),
    namespace: Type.Optional(Text('Namespace of services that name none (Consul Enterprise).')),
    tls: Type.Optional(Tls('TLS towards `https:` agents.')),
    wait: Duration({ description: 'How long one blocking query waits for a change, 1s to 10m.', default: '55s' }),
    allowStale: Type.Boolean({ description: 'Let servers answer that are not the leader: less load on it, answers a little older.', default: false }),
    maxConnections: Type.Integer({
      description:
        'Blocking queries at a time. Services beyond that take turns. An agent refuses more than `limits.http_max_conns_per_client` (200) of one client.',
      default: 160,
      minimum: 1,
      maximum: 10_000
    })
  },
  { ...CLOSED, description: 'Where Consul is and how it is asked.', default: {} }
)

const Dns = Type.Object(
  {
    servers: TextList('`host:port` of name servers; default: those of the system.'),
    minTtl: Duration({ description: 'Least time between two questions, whatever the records say.', default: '1s' }),
    maxTtl: Duration({ description: 'Longest time between two questions, whatever the records say.', default: '60s' }),
    timeout: Duration({ description: 'Time for one server to answer.', default: '2s' })
  },
  { ...CLOSED, description: 'How the DNS is asked.', default: {} }
)

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'

const Kubernetes = Type.Object(
  {
    apiServer: Type.Optional(Text('Url of the API server; default: that of the cluster the gateway runs in.')),
    tokenFile: Type.String({ description: 'Service account token, read again when it changes.', default: `${SERVICE_ACCOUNT}/token`, minLength: 1 }),
    caFile: Type.String({ description: 'Authority of the API server.', default: `${SERVICE_ACCOUNT}/ca.crt`, minLength: 1 }),
    namespace: Type.Optional(Text('Namespace of services that name none; default: that of the service account.'))
  },
  { ...CLOSED, description: 'Where the API server of Kubernetes is.', default: {} }
)

const Etcd = Type.Object(
  {
    address: Addresses('Url of an etcd, or several that are tried in turn.'),
    username: Type.Optional(Text('User name; needs `password`.')),
    password: Type.Optional(Secret('Password; needs `username`.')),
    tls: Type.Optional(Tls('TLS towards `https:` addresses.'))
  },
  { ...CLOSED, description: 'Where etcd v3 is; asked through its JSON gateway.' }
)

const Zookeeper = Type.Object(
  {
    address: Addresses('`host:port` of a server, or several.'),
    basePath: Type.String({ description: 'Where Curator keeps its services.', default: '/services', pattern: '^/' }),
    sessionTimeout: Duration({ description: 'How long a session outlives its connection.', default: '10s' })
  },
  { ...CLOSED, description: 'ZooKeeper, in the layout of Curator service discovery.' }
)

const Eureka = Type.Object(
  {
    address: Addresses('Base url, such as http://eureka:8761/eureka, or several that are tried in turn.'),
    username: Type.Optional(Text('User name; needs `password`.')),
    password: Type.Optional(Secret('Password; needs `username`.')),
    tls: Type.Optional(Tls('TLS towards `https:` addresses.')),
    interval: Duration({ description: 'Time between two questions for changes.', default: '10s' })
  },
  { ...CLOSED, description: 'Where Eureka is and how often it is asked.' }
)

/** The top-level `discovery`. */
export const Discovery = Type.Object(
  {
    emptyGrace: Duration({ description: 'How long an answer without any instance must last before it is believed.', default: '30s' }),
    massRemoval: Ratio({
      description: 'When more than this share of the endpoints of an upstream is gone at once, a second answer must confirm it.',
      default: '50%'
    }),
    snapshotFile: Type.Optional(Text('File that keeps the latest endpoints, for a start while the registry is away.')),
    consul: Consul,
    dns: Dns,
    kubernetes: Kubernetes,
    etcd: Type.Optional(Etcd),
    zookeeper: Type.Optional(Zookeeper),
    eureka: Type.Optional(Eureka)
  },
  { ...CLOSED, description: 'Where upstreams with `discovery` look up their endpoints.', default: {} }
)

const HTTPS = 'Scheme of the endpoints, where the registry does not tell.'

const ConsulService = Type.Object(
  {
    service: Text('Name of the service.'),
    tags: TextList('Tags that an instance must have, all of them.'),
    datacenter: Type.Optional(Text('Datacenter; default: `discovery.consul.datacenter`.')),
    namespace: Type.Optional(Text('Namespace (Consul Enterprise).')),
    scheme: Scheme(HTTPS),
    includeWarning: Type.Boolean({ description: 'Use instances whose checks warn, with `Weights.Warning`.', default: false })
  },
  { ...CLOSED, description: 'A service of Consul.' }
)

const DnsName = Type.Object(
  {
    name: Text('Name to ask for, in full: search domains are not tried.'),
    type: Type.Enum(['a', 'srv'], { description: '`a`: A and AAAA records; `srv`: SRV records, which tell ports and weights.', default: 'a' }),
    port: Type.Optional(Type.Integer({ description: 'Port of the endpoints; for `type: a`.', minimum: 1, maximum: 65_535 })),
    scheme: Scheme('Scheme of the endpoints.')
  },
  { ...CLOSED, description: 'A name in the DNS.' }
)

const KubernetesService = Type.Object(
  {
    service: Text('Name of the Service.'),
    namespace: Type.Optional(Text('Its namespace; default: `discovery.kubernetes.namespace`.')),
    port: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: 65_535 }), Type.String({ minLength: 1 })], {
        description: 'Name or number of the target port; needed when there are several.'
      })
    ),
    scheme: Scheme('Scheme of the endpoints.')
  },
  { ...CLOSED, description: 'The EndpointSlices of a Kubernetes Service.' }
)

const EtcdPrefix = Type.Object(
  { prefix: Text('Every key that begins with it is an instance.'), scheme: Scheme(HTTPS) },
  { ...CLOSED, description: 'Keys of etcd.' }
)

const ZookeeperService = Type.Object(
  { service: Text('Name of the service below `basePath`.'), scheme: Scheme('`https` uses the `sslPort` of an instance.') },
  { ...CLOSED, description: 'A service in ZooKeeper.' }
)

const EurekaApp = Type.Object(
  { app: Text('Name of the application.'), scheme: Scheme('`https` uses the secure port of an instance.') },
  { ...CLOSED, description: 'An application of Eureka.' }
)

const FileList = Type.Object(
  { path: Text('YAML or JSON file with a list as under `endpoints`; read again when it changes.') },
  { ...CLOSED, description: 'A file with a list of endpoints.' }
)

/** `discovery` of an upstream: exactly one of these. */
export const UpstreamDiscovery = Type.Object(
  {
    consul: Type.Optional(ConsulService),
    file: Type.Optional(FileList),
    dns: Type.Optional(DnsName),
    kubernetes: Type.Optional(KubernetesService),
    etcd: Type.Optional(EtcdPrefix),
    zookeeper: Type.Optional(ZookeeperService),
    eureka: Type.Optional(EurekaApp)
  },
  { ...CLOSED, description: 'Where the endpoints are looked up, instead of `endpoints`.' }
)
