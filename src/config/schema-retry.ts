import { Duration, Size, Type } from '../plugin-api/schema.ts'
import { CLOSED, HeaderName, Ratio, Text } from './schema-parts.ts'
import { StreamTimeout } from './schema-streams.ts'

export const RETRY_CAUSES = ['connect-failure', 'reset', 'timeout'] as const
export const FALLBACK_CAUSES = ['open', 'empty', 'failed', 'overloaded', 'status'] as const

const RetryOn = Type.Union([
  Type.Enum([...RETRY_CAUSES]),
  Type.Integer({ minimum: 400, maximum: 599 }),
  Type.String({
    pattern: '^[45]\\d\\d$',
    patternErrorMessage: `expected ${RETRY_CAUSES.join(', ')} or a status from 400 to 599`
  })
])

const Backoff = Type.Object(
  {
    base: Duration({
      description: 'Longest pause before the first retry; doubled with each further one. The pause is random below it.',
      default: '25ms'
    }),
    max: Duration({ description: 'Longest pause of all.', default: '250ms' })
  },
  { ...CLOSED, description: 'Pauses between tries.', default: {} }
)

const Budget = Type.Object(
  {
    ratio: Ratio({ description: 'Share of the requests in the window that may be retried.', default: '20%' }),
    minPerSecond: Type.Number({ description: 'Retries a second that are always allowed.', default: 3, minimum: 0, maximum: 1_000_000 }),
    window: Duration({ description: 'Length of the rolling window.', default: '10s' })
  },
  CLOSED
)

const RetryRules = Type.Object(
  {
    attempts: Type.Integer({ description: 'Extra tries after the first one.', default: 2, minimum: 0, maximum: 20 }),
    on: Type.Array(RetryOn, {
      description: 'What is tried again: `connect-failure`, `reset`, `timeout`, and statuses of answers.',
      default: [...RETRY_CAUSES, 502, 503, 504]
    }),
    methods: Type.Array(Text('A request method.'), {
      description: 'Methods that may be repeated after something was sent.',
      default: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']
    }),
    idempotencyKey: Type.Union([Type.Boolean(), HeaderName('Name of a header field.')], {
      description: 'Repeat requests of any method that have the field `Idempotency-Key` (`true`) or the one named here.',
      default: false
    }),
    backoff: Backoff,
    budget: Type.Union([Ratio({ description: 'A share.' }), Budget], {
      description: 'Keeps retries from making an outage worse: a share of the requests, or a map.',
      default: '20%'
    }),
    maxBody: Size({ description: 'Longest body that is kept for another try; longer ones are sent once.', default: '64KiB' })
  },
  CLOSED
)

export const Retry = Type.Union([Type.Literal(false), RetryRules], {
  description: 'Tries again at another endpoint. Without it once, when no connection could be opened or it broke before an answer; `false` never.',
  default: { attempts: 1, on: ['connect-failure', 'reset'] }
})

export const Hedge = Type.Union(
  [
    Duration({ description: 'A time.' }),
    Type.Object({ after: Duration({ description: 'Time without the head of an answer after which a second endpoint is asked too.' }) }, CLOSED)
  ],
  { description: 'Asks a second endpoint when a read takes long, and takes the faster answer: a time, or `{after: …}`.' }
)

export const Fallback = Type.Object(
  {
    status: Type.Optional(Type.Integer({ description: 'Status of a fixed answer. Either this or `upstream`.', minimum: 200, maximum: 599 })),
    headers: Type.Record(Type.String(), Type.String(), { description: 'Header fields of the fixed answer.', default: {} }),
    body: Type.Optional(Type.Unknown({ description: 'Body of the fixed answer: a text as it is, anything else as JSON.' })),
    upstream: Type.Optional(Text('Upstream that gets the request instead; its own fallback is not used. Either this or `status`.')),
    on: Type.Array(Type.Enum([...FALLBACK_CAUSES]), {
      description:
        '`open`: breaker; `empty`: no endpoint; `failed`: the last try; `overloaded`: bulkhead; `status`: the last answer had a status of `retry.on`.',
      default: ['open', 'empty', 'failed', 'overloaded'],
      minItems: 1
    })
  },
  { ...CLOSED, description: 'What clients get when a request could not be served.' }
)

export const Timeouts = Type.Object(
  {
    connect: Duration({ description: 'Time to open a connection to an endpoint, TLS included.', default: '2s' }),
    response: Duration({ description: 'Time from the sent request to the head of the answer.', default: '60s' }),
    perTry: Type.Optional(
      Duration({ description: 'Time for one try, connecting included, to the head of the answer; without it no limit of its own.' })
    ),
    total: Type.Optional(Duration({ description: 'Time for all tries, waits included, to the head of the answer; without it no limit.' })),
    idle: Duration({ description: 'Longest silence between two pieces of the body of an answer.', default: '60s' }),
    stream: StreamTimeout,
    deadlineHeader: Type.Optional(HeaderName('Field that tells endpoints how many milliseconds they have left; without it none is sent.'))
  },
  { ...CLOSED, description: 'Time limits towards the endpoints.', default: {} }
)
