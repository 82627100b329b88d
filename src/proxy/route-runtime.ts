import type { FastifyRequest } from 'fastify'
import type { ResponseHead } from '../plugin-api/index.ts'
import type { Balancer } from '../policy/balancer/types.ts'
import type { Breaker } from '../policy/breaker/types.ts'
import type { Bulkhead } from '../policy/bulkhead/types.ts'
import type { EndpointSet } from '../policy/health/types.ts'
import type { RetryBudget, RetryRule } from '../policy/retry/types.ts'
import type { ByteRate } from './byte-rate.ts'
import type { Exchange } from './exchange.ts'
import type { Endpoint } from './ports.ts'

/** A route of one generation, ready to be used by requests. */
export interface RouteRuntime {
  /** Index in the plan; -1 for `_unmatched`. */
  readonly id: number
  /** Names, as plugins see them. */
  readonly names: { readonly name: string; readonly upstream: string | null }
  readonly upstream: UpstreamRuntime | null
  /** Of this route alone, besides the upstream's; null in the ordinary case. */
  readonly breaker: Breaker | null
  readonly bulkhead: BulkheadRuntime | null
  /** Rewrites canonical paths; null when the path goes upstream as it came. */
  readonly rewrite: ((path: string) => string) | null
  readonly allowEncodedSlash: boolean
  /** Whether any plugin may have set response fields. */
  readonly hasPlugins: boolean
  /** The URL by which the front door reaches its chain of plugins, if there is one; no client can send it. */
  readonly entry: string
  readonly maxBodyBytes: number
  readonly bodyIdleMs: number
  /** What a client must send of its body; null for any. */
  readonly uploadRate: ByteRate | null
  /** Bytes of a body that are waited for before anything is asked of the upstream; 0 for none. */
  readonly bufferBytes: number
  /** Edits of every response head, in chain order; filled while plugins register. One list for all routes of a chain. */
  readonly responseEdits: ResponseEdit[]
  readonly metrics: RouteMetrics
}

export type ResponseEdit = (request: FastifyRequest, head: ResponseHead) => void

/** An upstream of one generation over the state that all share. What is not configured is null and costs one comparison. */
export interface UpstreamRuntime {
  readonly name: string
  readonly balancer: Balancer
  /** Which endpoints there are and which of them may be used now. */
  readonly endpoints: EndpointSet<Endpoint>
  /** What `consistent-hash` hashes of a request; null when the balancer does not ask. */
  readonly hashKey: ((exchange: Exchange) => string | null) | null
  readonly sticky: StickyRule | null
  /** Whether the balancer goes by latency, so that it must be measured. */
  readonly measuresLatency: boolean
  readonly breaker: Breaker | null
  readonly bulkhead: BulkheadRuntime | null
  readonly retry: RetryRule
  readonly budget: RetryBudget
  /** Null when reads are not hedged. */
  readonly hedgeAfterMs: number | null
  readonly fallback: FallbackRuntime | null
  readonly timeouts: AttemptTimeouts
  readonly websocket: WebSocketRules
  readonly hostHeader: { readonly kind: 'upstream' } | { readonly kind: 'preserve' } | { readonly kind: 'fixed'; readonly name: string }
  readonly metrics: UpstreamMetrics
}

export interface WebSocketRules {
  /** Silence both ways; null for no limit. */
  readonly idleMs: number | null
  readonly maxAgeMs: number | null
  readonly maxConnections: number | null
  /** Those that are open or about to be, over all generations. */
  readonly places: { open: number }
}

export interface AttemptTimeouts {
  readonly responseMs: number
  readonly perTryMs: number | null
  readonly totalMs: number | null
  /** Silence within an answer. */
  readonly idleMs: number
  /** Silence within an event stream; null for no limit. */
  readonly streamMs: number | null
  /** Lower case; null to tell endpoints nothing. */
  readonly deadlineHeader: string | null
}

export interface BulkheadRuntime {
  readonly places: Bulkhead
  readonly queueTimeoutMs: number
}

export interface StickyRule {
  readonly cookie: string
  /** What follows `name=value` in `Set-Cookie`. */
  readonly attributes: string
}

/** `open`: breaker · `empty`: no endpoint · `failed`: the last attempt failed · `overloaded`: no place · `status`: a status of `retry.on`. */
export type FallbackCause = 'open' | 'empty' | 'failed' | 'overloaded' | 'status'

export interface FallbackRuntime {
  readonly on: ReadonlySet<FallbackCause>
  readonly answer:
    | {
        readonly kind: 'static'
        readonly status: number
        readonly headers: readonly (readonly [name: string, value: string])[]
        readonly body: string
      }
    | { readonly kind: 'upstream'; readonly upstream: () => UpstreamRuntime | null }
}

/** Bound when the generation is built; recording costs no lookup by label. */
export interface RouteMetrics {
  complete(method: string, status: number, durationMs: number, overheadMs: number): void
}

export interface UpstreamMetrics {
  attempt(outcome: string, durationMs: number): void
  /** @param reason A failure's kind or a status of the table, `free` for the retry on a stale connection, `hedge`. */
  retry(reason: string): void
  /** A retry that the policy refused. */
  retryRefused(reason: string): void
  /** A request refused by the breaker. */
  breakerRejected(): void
  /** A request refused by a full bulkhead or after waiting in vain. */
  bulkheadRejected(): void
  fallback(cause: FallbackCause): void
}
