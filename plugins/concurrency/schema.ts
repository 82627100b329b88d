import { CallerBy, LimitName, LimitOverrides, storeSettings, Type, type Static } from '../../src/plugin-api/index.ts'

const CLOSED = { additionalProperties: false }
const MOST = 1_000_000

const limit = () => Type.Integer({ description: 'Requests of one caller that may be in flight at once.', minimum: 1, maximum: MOST })
const policyName = () => LimitName({ description: 'Name of the limit in answers and metrics.' })
const override = () => Type.Object({ limit: limit() }, CLOSED)

/** What may be said of a limit, whether it is the only one or one of several. */
const settings = () => ({
  by: Type.Optional(
    CallerBy({
      description:
        'Who shares a count: consumer (default), ip, group, route (everybody), {header: name}, {cookie: name}, {claim: path}, or a list of them together. With global the routes share it too.'
    })
  ),
  overrides: Type.Optional(LimitOverrides(override))
})

const namedLimit = () => Type.Object({ name: policyName(), limit: limit(), ...settings() }, CLOSED)

export const schema = Type.Object(
  {
    limit: Type.Optional(limit()),
    name: Type.Optional(policyName()),
    ...settings(),
    limits: Type.Optional(
      Type.Array(namedLimit(), {
        description: 'Several limits instead of one: a request has to be within all of them, or counts in none.',
        minItems: 1,
        maxItems: 16
      })
    ),
    ...storeSettings()
  },
  CLOSED
)

export type ConcurrencyConfig = Static<typeof schema>
export type NamedLimit = NonNullable<ConcurrencyConfig['limits']>[number]
export type Override = Static<ReturnType<typeof override>>
