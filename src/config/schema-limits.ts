import { Duration, Type } from '../plugin-api/schema.ts'
import { CLOSED, OrOff, Ratio } from './schema-parts.ts'

const Count = (description: string, more: { readonly default?: number } = {}) =>
  Type.Integer({ description, ...more, minimum: 1, maximum: 1_000_000 })

/** The same in upstreams and routes. */
export const CircuitBreaker = Type.Object(
  {
    window: Duration({ description: 'Length of the rolling window that failures are counted in.', default: '10s' }),
    minimumRequests: Count('Requests in the window below which no ratio opens the breaker.', { default: 20 }),
    failureRatio: OrOff(Ratio({ description: 'A share.' }), {
      description: 'Share of failures from which the breaker opens; `off` leaves the rule out.',
      default: '50%'
    }),
    slowCall: Type.Optional(Duration({ description: 'A success that took longer counts as slow; without it no call does.' })),
    slowCallRatio: Ratio({ description: 'Share of slow calls from which the breaker opens.', default: '50%' }),
    consecutiveFailures: Type.Optional(
      OrOff(Type.Integer({ minimum: 1, maximum: 1_000_000 }), {
        description: 'Failures in a row that open the breaker, however few requests there are; without it the rule is left out.'
      })
    ),
    openFor: Duration({ description: 'How long it stays open at first; doubled with each half-open phase that fails.', default: '5s' }),
    maxOpenFor: Duration({ description: 'The longest it stays open, before jitter.', default: '1m' }),
    jitter: Ratio({ description: 'Up to this share is added to every open time at random, so that gateways do not probe together.', default: '10%' }),
    halfOpenRequests: Count('Requests that may probe at the same time when the open time is over.', { default: 5 }),
    halfOpenSuccesses: Type.Optional(Count('Successful probes that close it; default: as many as `halfOpenRequests`.'))
  },
  { ...CLOSED, description: 'Stops sending requests while most of them fail, and probes carefully before it goes on.' }
)

const Adaptive = Type.Object(
  {
    minConcurrent: Type.Optional(Count('The limit never falls below this; default 4, or `maxConcurrent` when that is less.')),
    initialConcurrent: Type.Optional(Count('The limit at the start; default 20, kept between the other two.')),
    tolerance: Type.Number({
      description: 'How many times its long-term average latency may be before the limit falls.',
      default: 1.5,
      minimum: 1,
      maximum: 100
    })
  },
  CLOSED
)

/** The same in upstreams and routes. */
export const Bulkhead = Type.Object(
  {
    maxConcurrent: Count('Requests that may run at the same time; the upper limit when adaptive.'),
    maxQueued: Type.Integer({
      description: 'Requests that may wait for a place; the next one is refused.',
      default: 0,
      minimum: 0,
      maximum: 1_000_000
    }),
    queueTimeout: Duration({ description: 'Longest wait for a place.', default: '1s' }),
    adaptive: Type.Union([Type.Boolean(), Adaptive], {
      description: 'Find the limit from the latency: `true` for the defaults, or a map.',
      default: false
    })
  },
  { ...CLOSED, description: 'Limits how many requests run at the same time, so that one slow service does not take everything.' }
)

export const Overload = Type.Object(
  {
    eventLoopDelay: OrOff(Duration({ description: 'A delay.' }), {
      description: 'Delay of the event loop above which new requests are refused; `off` leaves the rule out.',
      default: '500ms'
    }),
    eventLoopUtilization: OrOff(Ratio({ description: 'A share.' }), {
      description: 'Busy share of the event loop above which new requests are refused; `off` leaves the rule out.',
      default: '98%'
    }),
    retryAfter: Duration({ description: 'When refused clients are told to come back (`Retry-After`), in whole seconds.', default: '1s' })
  },
  { ...CLOSED, description: 'Refuses new requests with 503 while the gateway itself is overloaded; without it never.' }
)
