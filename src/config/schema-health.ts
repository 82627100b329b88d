import { Duration, Type } from '../plugin-api/schema.ts'
import { CLOSED, OrOff, Ratio, Text } from './schema-parts.ts'

const StatusRange = Type.Union([
  Type.Integer({ minimum: 100, maximum: 599 }),
  Type.String({
    pattern: '^[1-5]\\d\\d(?:-[1-5]\\d\\d)?$',
    patternErrorMessage: 'expected a status such as 204 or a range such as "200-299"'
  })
])

export const HealthCheck = Type.Object(
  {
    path: Type.Optional(
      Type.String({
        description: 'Path and query that is asked for. Either this or `tcp`.',
        pattern: '^/[!"$-~]*$',
        patternErrorMessage: 'expected a path that starts with / and has no space, fragment or character outside ASCII'
      })
    ),
    tcp: Type.Optional(Type.Boolean({ description: 'Only open a connection and close it again. Either this or `path`.' })),
    method: Type.Enum(['GET', 'HEAD'], { description: 'Method of the request.', default: 'GET' }),
    status: Type.Array(StatusRange, { description: 'Statuses of a healthy endpoint, single ones and ranges.', default: ['200-299'], minItems: 1 }),
    bodyIncludes: Type.Optional(Text('Text that the first 64 KiB of the body must hold.')),
    host: Type.Optional(Text('Host field of the request; default: the own one of the endpoint.')),
    interval: Duration({ description: 'Time between two checks of an endpoint.', default: '10s' }),
    jitter: Ratio({ description: 'Up to this share of the interval is added or taken away at random.', default: '10%' }),
    timeout: Duration({ description: 'Time for one check, connecting included; at most the interval.', default: '2s' }),
    unhealthyAfter: Type.Integer({ description: 'Failed checks in a row that take an endpoint out.', default: 3, minimum: 1, maximum: 1000 }),
    healthyAfter: Type.Integer({ description: 'Passed checks in a row that take it in again.', default: 2, minimum: 1, maximum: 1000 })
  },
  { ...CLOSED, description: 'Asks every endpoint regularly whether it is well.' }
)

const OutlierRules = Type.Object(
  {
    consecutiveFailures: OrOff(Type.Integer({ minimum: 1, maximum: 1_000_000 }), {
      description: 'Failures in a row that eject an endpoint; `off` leaves the rule out.',
      default: 5
    }),
    failureRatio: Type.Optional(
      OrOff(Ratio({ description: 'A share.' }), {
        description: 'Share of failures in the window from which an endpoint is ejected; without it not at all.'
      })
    ),
    minimumRequests: Type.Integer({
      description: 'Requests of an endpoint in the window below which `failureRatio` does not eject it.',
      default: 20,
      minimum: 1,
      maximum: 1_000_000
    }),
    window: Duration({ description: 'Length of the rolling window of `failureRatio`.', default: '10s' }),
    ejectFor: Duration({ description: 'How long the first ejection lasts; the n-th in a row lasts n times as long.', default: '10s' }),
    maxEjectFor: Duration({ description: 'The longest ejection.', default: '5m' }),
    maxEjected: Ratio({
      description: 'Share of the endpoints that may be ejected at a time; rounded down, but one at least; never the last usable one.',
      default: '67%'
    })
  },
  CLOSED
)

export const OutlierDetection = Type.Union([Type.Literal(false), OutlierRules], {
  description: 'Takes endpoints out whose answers to real requests show that they are unwell, also without this key; `false` never.',
  default: {}
})
