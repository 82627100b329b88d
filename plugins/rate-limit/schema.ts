import { CallerBy, Duration, LimitCost, LimitName, LimitOverrides, LimitUnits, storeSettings, Type, type Static } from '../../src/plugin-api/index.ts'
import { LeaseSettings } from './lease.ts'

const CLOSED = { additionalProperties: false }

const limit = () => LimitUnits({ description: 'Units that are admitted in one window; a request costs one.' })
const window = () => Duration({ description: 'The time in which `limit` units are admitted; more than 0 and at most 1d.' })
const burst = () => Type.Optional(LimitUnits({ description: 'Of gcra: units that may come at once. Default: `limit`.' }))
const policyName = () => LimitName({ description: 'Name of the limit in RateLimit fields, answers and metrics.' })

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
  cost: Type.Optional(LimitCost()),
  overrides: Type.Optional(LimitOverrides(override)),
  lease: Type.Optional(LeaseSettings())
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
    ...storeSettings(),
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
