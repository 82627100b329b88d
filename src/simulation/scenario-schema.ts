import { Duration, Size, Type, type Static } from '../plugin-api/schema.ts'
import { CLOSED, Name, Ratio, Text } from '../config/schema-parts.ts'

const Share = (description: string) => Type.Optional(Ratio({ description }))
const Flag = (description: string) => Type.Optional(Type.Boolean({ description }))
const Time = (description: string) => Type.Optional(Duration({ description }))
const Count = (description: string, minimum = 0) => Type.Optional(Type.Integer({ description, minimum, maximum: 1_000_000 }))

const LatencyRange = Type.Object({ min: Duration({ description: 'Shortest.' }), max: Duration({ description: 'Longest.' }) }, CLOSED)
const LatencyTail = Type.Object(
  { median: Duration({ description: 'Half take less.' }), p99: Duration({ description: 'One in a hundred takes more.' }) },
  CLOSED
)

/** How an endpoint behaves; at the start what is left out has its default, in an event it stays as it was. */
export const BehaviourDocument = Type.Object(
  {
    latency: Type.Optional(
      Type.Union([Duration({ description: 'Always the same.' }), LatencyRange, LatencyTail], {
        description: 'Time to the head of the answer: a time, `{min, max}` (uniform) or `{median, p99}` (log-normal). Default 5ms.'
      })
    ),
    connect: Type.Optional(Type.Enum(['ok', 'refuse', 'timeout'], { description: 'What happens to an attempt to connect. Default ok.' })),
    connectTime: Time('Time to connect or to be refused. Default 0ms.'),
    hang: Flag('Takes requests and never answers.'),
    errorRate: Share('Share of answers with `errorStatus`. Default 0%.'),
    errorStatus: Type.Optional(Type.Integer({ description: 'Default 500.', minimum: 400, maximum: 599 })),
    retryAfter: Type.Optional(
      Type.Union([Duration({ description: 'A time.' }), Type.Literal(false)], { description: '`Retry-After` of such answers, in whole seconds.' })
    ),
    resetRate: Share('Share of requests whose connection is closed instead of an answer.'),
    staleRate: Share('Share of requests sent on an idle connection that had just been closed.'),
    truncateRate: Share('Share of answers that break off in the middle of the body.'),
    stallRate: Share('Share of answers that fall silent in the middle of the body.'),
    capacity: Type.Optional(
      Type.Union([Type.Integer({ minimum: 1, maximum: 1_000_000 }), Type.Literal(false)], {
        description: 'Requests that are worked on at a time; the others wait in order. Default false, any number.'
      })
    ),
    body: Type.Optional(Size({ description: 'Length of the body. Default 1KiB.' })),
    bodyPieces: Count('Pieces that the body comes in. Default 1.', 1),
    bodyPause: Time('Time between two pieces. Default 0ms.')
  },
  { ...CLOSED, description: 'How an endpoint behaves.' }
)

const Load = Type.Object(
  {
    name: Type.Optional(Name('Unique name, of the route too; default `load-0` for the first one, and so on.')),
    upstream: Text('Name of the upstream that gets the requests.'),
    method: Type.Enum(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'POST', 'PATCH'], { description: 'Request method.', default: 'GET' }),
    rate: Type.Number({ description: 'Requests a second.', exclusiveMinimum: 0, maximum: 100_000 }),
    from: Duration({ description: 'When the load begins.', default: '0s' }),
    duration: Duration({ description: 'How long it lasts.' }),
    arrival: Type.Enum(['poisson', 'even'], { description: 'Random distances, or equal ones.', default: 'poisson' }),
    body: Size({ description: 'Length of the body of a request.', default: '0B' }),
    bodyPieces: Type.Integer({ description: 'Pieces that it comes in.', default: 1, minimum: 1, maximum: 1000 }),
    bodyPause: Duration({ description: 'Time between two pieces.', default: '0ms' }),
    bodyStopsAfter: Count('Pieces of the body after which the client falls silent.', 1),
    abortAfter: Time('Clients close their connection when this time is over without a complete answer.'),
    abortShare: Ratio({ description: 'Share of the clients that do.', default: '100%' }),
    readTime: Duration({ description: 'Time a client takes for each piece of an answer.', default: '0ms' }),
    clients: Type.Integer({ description: 'Number of client addresses.', default: 100, minimum: 1, maximum: 65_000 }),
    headers: Type.Record(Type.String(), Type.String(), { description: 'Header fields of the requests.', default: {} }),
    circuitBreaker: Type.Optional(Type.Unknown({ description: 'Of a route, as in a gateway configuration.' })),
    bulkhead: Type.Optional(Type.Unknown({ description: 'Of a route, as in a gateway configuration.' })),
    rateLimit: Type.Optional(Type.Unknown({ description: 'Configuration of the `rate-limit` plugin of the route.' })),
    consumer: Type.Optional(Name('Who asks, for limits that count by consumer. Without it nobody is authenticated.')),
    groups: Type.Array(Type.String({ minLength: 1 }), { description: 'Groups of the consumer.', default: [] })
  },
  { ...CLOSED, description: 'Requests of one kind; stands for a route.' }
)

const EndpointEvent = Type.Object(
  {
    at: Duration({ description: 'Time since the start.' }),
    endpoint: Text('Host of an endpoint, with its port unless that is the default; `*` for all.'),
    set: BehaviourDocument
  },
  { ...CLOSED, description: 'A change of how endpoints behave.' }
)
const StoreEvent = Type.Object(
  {
    at: Duration({ description: 'Time since the start.' }),
    store: Type.Enum(['away', 'silent', 'back'], { description: 'Redis closes its connections, does not answer any more, or is there again.' })
  },
  { ...CLOSED, description: 'What happens to Redis.' }
)
const Event = Type.Union([EndpointEvent, StoreEvent], { description: 'A change of how endpoints behave, or what happens to Redis.' })

const Redis = Type.Object(
  {
    roundTrip: Duration({ description: 'From a question to its answer.', default: '1ms' }),
    timeout: Duration({ description: 'As in a gateway configuration.', default: '100ms' })
  },
  { ...CLOSED, description: 'A Redis that counts limits.' }
)

const SPAN = {
  upstream: Type.Optional(Text('Only requests to this upstream.')),
  from: Time('Only what began at this time or later.'),
  to: Time('Only what began before this time.')
}
const OF_LOAD = { load: Type.Optional(Text('Only requests of the load with this name.')) }
const LIMITS = {
  min: Type.Optional(Type.Number({ description: 'At least.', minimum: 0 })),
  max: Type.Optional(Type.Number({ description: 'At most.', minimum: 0 }))
}
const SHARES = { min: Share('At least.'), max: Share('At most.') }
const Counted = (description: string) => Type.Optional(Type.Object({ ...SPAN, ...LIMITS }, { ...CLOSED, description }))

export const ExpectationDocument = Type.Object(
  {
    clientErrors: Type.Optional(
      Type.Object({ ...SPAN, ...OF_LOAD, ...LIMITS }, { ...CLOSED, description: 'Number of answers with a status from 500 on, or cut.' })
    ),
    clientErrorShare: Type.Optional(Type.Object({ ...SPAN, ...OF_LOAD, ...SHARES }, { ...CLOSED, description: 'Share of them.' })),
    answers: Type.Optional(
      Type.Object(
        {
          ...SPAN,
          ...OF_LOAD,
          ...LIMITS,
          status: Type.Optional(Type.Integer({ minimum: 100, maximum: 599 })),
          code: Type.Optional(Text('Code of an error.'))
        },
        { ...CLOSED, description: 'Number of answers with a status or a code.' }
      )
    ),
    amplification: Type.Optional(Type.Object({ ...SPAN, ...LIMITS }, { ...CLOSED, description: 'Attempts for each request.' })),
    latency: Type.Optional(
      Type.Object(
        {
          ...SPAN,
          ...OF_LOAD,
          percentile: Type.Number({ description: 'From 0 to 100.', exclusiveMinimum: 0, maximum: 100 }),
          min: Time('At least.'),
          max: Time('At most.')
        },
        { ...CLOSED, description: 'Time to the end of the answer, as clients saw it.' }
      )
    ),
    share: Type.Optional(
      Type.Object(
        { ...SPAN, ...SHARES, endpoint: Text('Host of the endpoint.') },
        { ...CLOSED, description: 'Share of the attempts that an endpoint got.' }
      )
    ),
    attempts: Type.Optional(
      Type.Object({ ...SPAN, ...LIMITS, endpoint: Type.Optional(Text('Host of the endpoint.')) }, { ...CLOSED, description: 'Number of attempts.' })
    ),
    retries: Counted('Number of retries and hedges.'),
    queueRejections: Counted('Requests that got no place in a bulkhead.'),
    fallbacks: Counted('Requests that the fallback answered.'),
    limited: Type.Optional(
      Type.Object(
        { ...SPAN, ...OF_LOAD, ...LIMITS, policy: Type.Optional(Text('Name of the limit; default any.')) },
        { ...CLOSED, description: 'Requests that a limit refused.' }
      )
    ),
    admitted: Type.Optional(
      Type.Object(
        {
          ...SPAN,
          ...OF_LOAD,
          ...LIMITS,
          policy: Text('Name of the limit.'),
          within: Time('Not all of them, but the most in any stretch of this length.')
        },
        { ...CLOSED, description: 'Requests that a limit let pass.' }
      )
    ),
    breaker: Type.Optional(
      Type.Object(
        {
          upstream: Text('Name of the upstream.'),
          opens: Type.Optional(Type.Object(LIMITS, { ...CLOSED, description: 'How often it opens.' })),
          opensBy: Time('It is open for the first time by then.'),
          endsAs: Type.Optional(Type.Enum(['closed', 'open', 'half-open'], { description: 'Its state at the end.' }))
        },
        { ...CLOSED, description: 'What the circuit breaker of an upstream does.' }
      )
    ),
    ejections: Type.Optional(
      Type.Object(
        { ...LIMITS, endpoint: Type.Optional(Text('Host of the endpoint.')), from: SPAN.from, to: SPAN.to },
        { ...CLOSED, description: 'Ejections by outlier detection.' }
      )
    )
  },
  { ...CLOSED, minProperties: 1, maxProperties: 1, description: 'One thing that must hold.' }
)

export const ScenarioDocument = Type.Object(
  {
    name: Text('What it shows.'),
    seed: Type.Integer({ description: 'The same seed gives the same run.', default: 1, minimum: 0, maximum: 4_294_967_295 }),
    zone: Type.Optional(Type.String({ description: 'As in a gateway configuration.' })),
    upstreams: Type.Record(Type.String(), Type.Unknown(), { description: 'As in a gateway configuration.' }),
    endpoints: Type.Record(Type.String(), BehaviourDocument, { description: 'How endpoints behave at the start, by host.', default: {} }),
    load: Type.Array(Load, { description: 'Who asks for what.', minItems: 1 }),
    redis: Type.Optional(Redis),
    events: Type.Array(Event, { description: 'What happens to the endpoints and to Redis.', default: [] }),
    expect: Type.Array(ExpectationDocument, { description: 'What must hold in the end.', default: [] })
  },
  { ...CLOSED, description: 'A simulated outage.' }
)

export type ScenarioText = Static<typeof ScenarioDocument>
export type BehaviourText = Static<typeof BehaviourDocument>
export type LoadText = Static<typeof Load>
export type ExpectationText = Static<typeof ExpectationDocument>
