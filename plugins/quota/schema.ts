import { CallerBy, LimitCost, LimitName, LimitOverrides, LimitUnits, storeSettings, Type, type Static } from '../../src/plugin-api/index.ts'

const CLOSED = { additionalProperties: false }

const limit = () => LimitUnits({ description: 'Units that are admitted in one period; a request costs one.' })
const per = () => Type.Union([Type.Literal('hour'), Type.Literal('day'), Type.Literal('month')], { description: 'The period: hour, day or month.' })
const quotaName = () =>
  LimitName({ description: 'Name of the quota in RateLimit fields, answers, metrics and /usage. Routes with a quota of one name share its counts.' })
const override = () => Type.Object({ limit: limit() }, CLOSED)

/** What may be said of a quota, whether it is the only one or one of several. */
const settings = () => ({
  window: Type.Optional(
    Type.Union([Type.Literal('calendar'), Type.Literal('rolling')], {
      description:
        'calendar (default): from the full hour, midnight or the first of the month on, in UTC; rolling: the last 60 minutes, 24 hours or 30 days.'
    })
  ),
  by: Type.Optional(
    CallerBy({
      description:
        'Who shares a count, over all routes: consumer (default), group, ip, global (everybody), {header: name}, {cookie: name}, {claim: path}, or a list of them together. With route each route counts for itself.'
    })
  ),
  cost: Type.Optional(LimitCost()),
  overrides: Type.Optional(LimitOverrides(override))
})

const namedQuota = () => Type.Object({ name: quotaName(), limit: limit(), per: per(), ...settings() }, CLOSED)

export const schema = Type.Object(
  {
    limit: Type.Optional(limit()),
    per: Type.Optional(per()),
    name: Type.Optional(quotaName()),
    ...settings(),
    quotas: Type.Optional(
      Type.Array(namedQuota(), {
        description: 'Several quotas instead of one: a request has to be within all of them, or counts in none.',
        minItems: 1,
        maxItems: 16
      })
    ),
    ...storeSettings()
  },
  CLOSED
)

export type QuotaConfig = Static<typeof schema>
export type NamedQuota = NonNullable<QuotaConfig['quotas']>[number]
export type Override = Static<ReturnType<typeof override>>
