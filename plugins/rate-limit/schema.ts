import { Duration, Type, type Static } from '../../src/plugin-api/index.ts'

const part = () =>
  Type.Union([
    Type.Literal('ip'),
    Type.Literal('consumer'),
    Type.Literal('route'),
    Type.Object({ header: Type.String({ pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$" }) }, { additionalProperties: false }),
    Type.Object({ claim: Type.String({ minLength: 1 }) }, { additionalProperties: false })
  ])

export const schema = Type.Object(
  {
    limit: Type.Integer({ description: 'Requests that pass within one window, per caller.', minimum: 1, maximum: 1_000_000_000 }),
    window: Duration({ description: 'Length of a window; it begins with the first request of a caller.' }),
    by: Type.Union([part(), Type.Array(part(), { minItems: 1 })], {
      description: 'Who shares a count: ip, consumer, route (everybody), {header: name}, {claim: path}, or a list of them together.',
      default: 'ip'
    }),
    name: Type.Optional(
      Type.String({
        description: 'Name of the policy in RateLimit fields and metrics. Default: the name of the route.',
        pattern: '^[\\w.:-]{1,64}$'
      })
    ),
    maxKeys: Type.Integer({
      description: 'Callers to count at once; beyond it the oldest count is given up.',
      default: 100_000,
      minimum: 1,
      maximum: 10_000_000
    })
  },
  { additionalProperties: false }
)

export type RateLimitConfig = Static<typeof schema>
export type By = RateLimitConfig['by']
