import { Duration, Type } from '../plugin-api/schema.ts'
import { Tls } from './schema-discovery.ts'
import { CLOSED, Text } from './schema-parts.ts'

const Addresses = (description: string) => Type.Array(Type.String({ minLength: 1 }), { description, minItems: 1 })

const Secret = (description: string) => Type.String({ description, minLength: 1, writeOnly: true })

const Sentinel = Type.Object(
  {
    name: Text('Name of the group that the sentinels watch.'),
    nodes: Addresses('`host:port` of the sentinels; the port may be left out (26379).'),
    username: Type.Optional(Text('User name towards the sentinels; needs `password`.')),
    password: Type.Optional(Secret('Password towards the sentinels.'))
  },
  { ...CLOSED, description: 'Sentinels that tell which Redis is the primary.' }
)

/** The top-level `redis`. */
export const RedisSettings = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        description: 'One server: `redis://user:password@host:port/database`, or `rediss:` for TLS. Either this, `sentinel` or `cluster`.',
        minLength: 1,
        writeOnly: true
      })
    ),
    sentinel: Type.Optional(Sentinel),
    cluster: Type.Optional(Addresses('`host:port` of some nodes of a Redis Cluster; the port may be left out (6379).')),
    username: Type.Optional(Text('User name (ACL); needs `password`.')),
    password: Type.Optional(Secret('Password of that user.')),
    database: Type.Optional(
      Type.Integer({ description: 'Number of the database; default 0, or that of the url. A cluster has only 0.', minimum: 0 })
    ),
    tls: Type.Optional(Tls('TLS towards Redis; given, it is used whatever the scheme of the url.')),
    timeout: Duration({ description: 'Time for one answer. What takes longer counts as Redis being away.', default: '100ms' }),
    keyPrefix: Type.String({
      description: 'What every key of the gateway begins with; gateways with the same prefix share their counts.',
      default: 'sallyport:',
      maxLength: 100,
      pattern: '^[^{}\\s]*$',
      patternErrorMessage: 'expected a text without braces and white space, such as sallyport:'
    })
  },
  { ...CLOSED, description: 'Redis (5 or later, or Valkey), where limits are counted over all gateways.' }
)
