import { CallerBy, Duration, Type, type Static } from '../../src/plugin-api/index.ts'

const CLOSED = { additionalProperties: false }
const TOKEN = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
const MOST = 1_000_000_000

const limit = () => Type.Integer({ description: 'Units that are admitted in one window; a request costs one.', minimum: 1, maximum: MOST })
const window = () => Duration({ description: 'The time in which `limit` units are admitted; more than 0 and at most 1d.' })
const burst = () => Type.Optional(Type.Integer({ description: 'Of gcra: units that may come at once. Default: `limit`.', minimum: 1, maximum: MOST }))
const policyName = () => Type.String({ description: 'Name of the limit in RateLimit fields, answers and metrics.', pattern: '^[\\w.:-]{1,64}$' })

const override = () => Type.Object({ limit: limit(), window: Type.Optional(window()), burst: burst() }, CLOSED)

/** What may be said of a limit, whether it is the only one or one of several. */
const settings = () => ({
  burst: burst(),
  algorithm: Type.Optional(
    Type.Union([Type.Literal('gcra'), Type.Literal('sliding-window'), Type.Literal('fixed-window')], {
      description:
        'How is counted. gcra (default): evenly, with bursts; sliding-window: exactly in any stretch of time; fixed-window: from the first request.'
    })
  ),
  by: Type.Optional(
    CallerBy({
      description:
        'Who shares a count: ip (default), consumer, group, route (everybody), {header: name}, {cookie: name}, {claim: path}, or a list of them together. With global the routes share it too.'
    })
  ),
  cost: Type.Optional(
    Type.Union(
      [
        Type.Integer({ minimum: 1, maximum: MOST }),
        Type.Object({ responseHeader: Type.String({ pattern: TOKEN }), default: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST })) }, CLOSED)
      ],
      {
        description:
          'Units of one request. Default 1. {responseHeader: name, default: 1}: `default` is taken at first and set right by that field of the upstream’s answer.'
      }
    )
  ),
  overrides: Type.Optional(
    Type.Object(
      { consumers: Type.Optional(Type.Record(Type.String(), override())), groups: Type.Optional(Type.Record(Type.String(), override())) },
      {
        ...CLOSED,
        description: 'Other amounts for some consumers, or for all of a group; a consumer’s own come first, then the most generous of its groups.'
      }
    )
  )
})

const namedLimit = () => Type.Object({ name: policyName(), limit: limit(), window: window(), ...settings() }, CLOSED)

export const schema = Type.Object(
  {
    limit: Type.Optional(limit()),
    window: Type.Optional(window()),
    name: Type.Optional(policyName()),
    ...settings(),
    limits: Type.Optional(
      Type.Array(namedLimit(), {
        description: 'Several limits instead of one: a request has to be within all of them, or counts in none.',
        minItems: 1,
        maxItems: 16
      })
    ),
    store: Type.Optional(
      Type.Union([Type.Literal('memory'), Type.Literal('redis')], {
        description: 'memory: each gateway counts for itself; redis: all together. Default: redis where the document has `redis`.'
      })
    ),
    onStoreError: Type.Optional(
      Type.Union([Type.Literal('allow'), Type.Literal('deny'), Type.Literal('local')], {
        description: 'While Redis is away: let pass, refuse with 503, or count in this gateway (local, the default).'
      })
    ),
    dryRun: Type.Boolean({ description: 'Count and tell the metrics, but refuse nobody.', default: false }),
    legacyHeaders: Type.Boolean({ description: 'Also send X-RateLimit-Limit, -Remaining and -Reset.', default: false }),
    allow: Type.Optional(
      Type.Array(Type.String({ minLength: 1 }), { description: 'Who is not limited: addresses, CIDR blocks, names of consumers.', minItems: 1 })
    ),
    maxKeys: Type.Optional(
      Type.Integer({ description: 'Without effect: all limits of a gateway share its memory.', minimum: 1, maximum: 10_000_000 })
    )
  },
  CLOSED
)

export type RateLimitConfig = Static<typeof schema>
export type NamedLimit = NonNullable<RateLimitConfig['limits']>[number]
export type Override = Static<ReturnType<typeof override>>
