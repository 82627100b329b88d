import type { ErrorCode } from '../errors.ts'
import type { StreamEnd } from './open-streams.ts'
import type { RetryDecision } from '../policy/retry/types.ts'
import type { Outcome } from '../policy/outcome.ts'

export type RetryRefusal = Extract<RetryDecision, { retry: false }>['reason']

/** One try at one endpoint. */
export interface AttemptRecord {
  readonly endpoint: string
  /** Null while it runs. */
  outcome: Outcome | 'invalid-request' | null
  readonly startedMs: number
  /** Monotonic time of the answer's head; 0 when none came. */
  headMs: number
  endedMs: number
}

/**
 * What was done with one request; the only source of metrics, access log, Proxy-Status and the like, so that they cannot
 * disagree. Every field is set at construction to keep one hidden class; texts are built by whoever reads them.
 */
export interface Decision {
  readonly startedMs: number
  endedMs: number
  readonly method: string
  status: number
  code: ErrorCode | null
  /** The plugin whose hook ran last before the request was answered without the upstream; null when it was forwarded. */
  plugin: string | null
  readonly attempts: AttemptRecord[]
  /** Why there was more than one attempt or none: the last word of the retry policy, null when it was not asked. */
  retry: 'retried' | 'hedged' | RetryRefusal | null
  /** What answered instead of the upstream; null in the ordinary case. */
  fallback: 'static' | 'upstream' | null
  /** Time that the client took for the body, or its beginning, before anything was asked of the upstream. */
  gatherMs: number
  requestBytes: number
  responseBytes: number
  /** The client went away before the answer was complete; logged as status 499. */
  clientAborted: boolean
  /** Who ended a WebSocket or an event stream; null for everything else. */
  ended: StreamEnd | null
}

export function createDecision(method: string, startedMs: number): Decision {
  return {
    startedMs,
    endedMs: 0,
    method,
    status: 0,
    code: null,
    plugin: null,
    attempts: [],
    retry: null,
    fallback: null,
    gatherMs: 0,
    requestBytes: 0,
    responseBytes: 0,
    clientAborted: false,
    ended: null
  }
}

/** The attempt that decided the request: the last one that was not called off because another had won. */
export function decisiveAttempt({ attempts }: Decision): AttemptRecord | undefined {
  return attempts.findLast((attempt) => attempt.outcome !== 'cancelled') ?? attempts.at(-1)
}

/** Milliseconds spent waiting for endpoints, over all attempts. */
export function upstreamMs(decision: Decision): number {
  let sum = 0
  for (const attempt of decision.attempts) sum += (attempt.endedMs || decision.endedMs) - attempt.startedMs
  return sum
}
