import type { ConsumerEntry, PluginDefinition } from '../plugin-api/index.ts'
import type { BalancerRule } from '../policy/balancer/types.ts'
import type { BreakerRule } from '../policy/breaker/types.ts'
import type { BulkheadRule } from '../policy/bulkhead/types.ts'
import type { OutlierRule } from '../policy/health/types.ts'
import type { RetryRule } from '../policy/retry/types.ts'
import type { DiscoveryPlan, ServiceQuery } from './plan-discovery.ts'
import type { RedisPlan } from './plan-redis.ts'
import type { Phase, Scope } from '../plugin-api/phases.ts'
import type { RouteMatch } from '../routing/types.ts'

export type { RedisPlan, RedisTarget } from './plan-redis.ts'

/** A compiled configuration: immutable, everything resolved, durations in ms and sizes in bytes. */
export interface Plan {
  /** SHA-256 over the effective document and the plugins it names; equal plans have equal hashes. */
  readonly hash: string
  readonly listeners: readonly ListenerPlan[]
  readonly admin: AddressPlan | null
  /** CIDR blocks and single addresses. */
  readonly trustedProxies: readonly string[]
  /** Threads that serve requests; `auto` is for the process edge to tell. */
  readonly workers: number | 'auto'
  readonly limits: LimitsPlan
  readonly clientTimeouts: ClientTimeoutsPlan
  readonly shutdown: { readonly delayMs: number; readonly drainMs: number }
  readonly log: { readonly level: LogLevel; readonly access: boolean }
  /** Where this gateway runs; endpoints of the same zone are preferred. */
  readonly zone: string | null
  /** When new requests are refused to protect those already admitted; null never. */
  readonly overload: OverloadPlan | null
  /** Shared definitions by name, validated by the `providerSchema` of their plugin. */
  readonly providers: Readonly<Record<string, unknown>>
  readonly discovery: DiscoveryPlan
  /** Where counts are kept that all gateways share; null for none. */
  readonly redis: RedisPlan | null
  readonly upstreams: readonly UpstreamPlan[]
  readonly consumers: readonly ConsumerEntry[]
  readonly routes: readonly RoutePlan[]
  /** The chain that runs for requests without a route: the global plugins. */
  readonly unmatched: { readonly plugins: readonly PluginPlan[]; readonly authentication: AuthenticationPlan }
  /** The document after interpolation and defaults, with every secret replaced by `***`. */
  readonly redacted: unknown
}

/** How several authentication plugins of one route go together. */
export interface AuthenticationPlan {
  readonly require: 'all' | 'any'
  /** Consumer that requests without credentials count as; null: they are refused. */
  readonly anonymous: string | null
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface AddressPlan {
  readonly host: string
  /** 0 asks the system for a free one. */
  readonly port: number
}

export interface ListenerPlan extends AddressPlan {
  /** `host:port`, as in the document; the label of its metrics. */
  readonly name: string
  readonly tls: ListenerTlsPlan | null
  /** Whether HTTP/2 is offered beside HTTP/1.1; only with TLS. */
  readonly http2: boolean
}

export interface ListenerTlsPlan {
  /** At least one; the first is for clients that ask for no name or an unknown one. */
  readonly certificates: readonly CertificatePlan[]
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3'
  readonly clientCert: 'none' | 'optional' | 'required'
  readonly clientCaPem: string | null
}

export interface CertificatePlan {
  readonly certPem: string
  readonly keyPem: string
  /** Lower case; `*.` stands for one label. */
  readonly names: readonly string[]
}

export interface ClientTimeoutsPlan {
  readonly headersMs: number
  readonly bodyIdleMs: number
  /** What a client must send of a body; null for no such rule. */
  readonly uploadRate: ByteRatePlan | null
  /** What a client must read of an answer. */
  readonly downloadRate: ByteRatePlan | null
  readonly keepAliveMs: number
}

/** See `ByteRate` of `src/proxy`. */
export interface ByteRatePlan {
  /** 0: any byte is enough. */
  readonly bytesPerSecond: number
  readonly graceMs: number
  readonly maxMs: number
}

export interface LimitsPlan {
  readonly maxHeaderBytes: number
  readonly maxHeaderCount: number
  readonly maxUrlBytes: number
  readonly maxBodyBytes: number
  /** Of one HTTP/2 connection at a time. */
  readonly maxStreams: number
  /** Over all listeners; null for no limit. */
  readonly maxConnections: number | null
  /** Of one address that is not a trusted proxy; null for no limit. */
  readonly maxConnectionsPerIp: number | null
}

export interface UpstreamPlan {
  readonly name: string
  /** Empty when they are discovered. */
  readonly endpoints: readonly EndpointPlan[]
  /** Where the endpoints are looked up; null when they are in the document. */
  readonly discovery: ServiceQuery | null
  readonly balancer: BalancerRule
  /** What `consistent-hash` hashes. */
  readonly hashOn: HashOnPlan
  readonly sticky: StickyPlan | null
  /** Share of usable endpoints, 0 to 1, below which health is not looked at any more; 0 never. */
  readonly panicThreshold: number
  readonly healthCheck: HealthCheckPlan | null
  readonly outlier: OutlierRule | null
  readonly breaker: BreakerRule | null
  readonly bulkhead: BulkheadRule | null
  readonly retry: RetryRule
  /** A second attempt at another endpoint when a read has no answer's head after this time; the slower one is cancelled. */
  readonly hedge: { readonly afterMs: number } | null
  readonly fallback: FallbackPlan | null
  readonly timeouts: TimeoutsPlan
  readonly websocket: WebSocketPlan
  readonly tls: TlsPlan | null
  /** `upstream`: the endpoint's own authority; `preserve`: what the client sent; `fixed`: `name`. */
  readonly hostHeader: { readonly kind: 'upstream' } | { readonly kind: 'preserve' } | { readonly kind: 'fixed'; readonly name: string }
}

export interface WebSocketPlan {
  /** Silence both ways; null for no limit. */
  readonly idleMs: number | null
  readonly maxAgeMs: number | null
  readonly maxConnections: number | null
}

export interface TimeoutsPlan {
  readonly connectMs: number
  /** From the sent request to the answer's head. */
  readonly responseMs: number
  /** One attempt, connecting included, to the answer's head; null for no limit of its own. */
  readonly perTryMs: number | null
  /** All attempts with queue and backoff, to the head of the answer that is relayed; null for no limit. */
  readonly totalMs: number | null
  /** Silence between two pieces of an answer's body. */
  readonly idleMs: number
  /** The same within an event stream; null for no limit. */
  readonly streamMs: number | null
  /** Field, lower case, that tells endpoints how many ms are left for the attempt; null to tell nothing. */
  readonly deadlineHeader: string | null
}

export type HashOnPlan =
  | { readonly kind: 'client-ip' }
  | { readonly kind: 'consumer' }
  /** Lower case. */
  | { readonly kind: 'header'; readonly name: string }
  | { readonly kind: 'cookie'; readonly name: string }
  | { readonly kind: 'param'; readonly name: string }

export interface StickyPlan {
  readonly cookie: string
  /** Seconds; null for a cookie of the browser's session. */
  readonly maxAgeSeconds: number | null
  readonly sameSite: 'Lax' | 'Strict' | 'None'
  readonly secure: boolean
  readonly path: string
}

export interface HealthCheckPlan {
  /** `tcp` only connects. */
  readonly kind: 'http' | 'tcp'
  readonly method: 'GET' | 'HEAD'
  /** Path and query. */
  readonly path: string
  /** Inclusive ranges. */
  readonly statuses: readonly (readonly [from: number, to: number])[]
  /** Text that the first 64 KiB of the body must hold; null for any body. */
  readonly bodyIncludes: string | null
  /** Host field; null for the endpoint's own. */
  readonly host: string | null
  readonly intervalMs: number
  /** Up to this share of the interval is added or taken away at random, 0 to 1. */
  readonly jitter: number
  readonly timeoutMs: number
  readonly unhealthyAfter: number
  readonly healthyAfter: number
}

/** When a request could not be served, and what its client gets instead. */
export interface FallbackPlan {
  readonly on: ReadonlySet<FallbackCause>
  readonly answer:
    | {
        readonly kind: 'static'
        readonly status: number
        readonly headers: readonly (readonly [name: string, value: string])[]
        readonly body: string
      }
    /** Its own fallback is not used. */
    | { readonly kind: 'upstream'; readonly upstream: string }
}

/** `open`: breaker · `empty`: no endpoint · `failed`: the last attempt failed · `overloaded`: bulkhead full or timed out · `status`: the last answer had a status of `retry.on`. */
export type FallbackCause = 'open' | 'empty' | 'failed' | 'overloaded' | 'status'

export interface OverloadPlan {
  /** Event-loop delay above which requests are refused, ms; null to leave it out. */
  readonly eventLoopDelayMs: number | null
  /** Busy share of the event loop, 0 to 1, above which requests are refused; null to leave it out. */
  readonly eventLoopUtilization: number | null
  readonly retryAfterSeconds: number
}

export interface EndpointPlan {
  /** `http://host:port` or `https://host:port`, default ports left out; no path. */
  readonly origin: string
  /** Integer from 0 (no new requests) to 1000. */
  readonly weight: number
  readonly zone: string | null
}

export interface TlsPlan {
  readonly caPem: string | null
  readonly certPem: string | null
  readonly keyPem: string | null
  readonly serverName: string | null
  readonly insecureSkipVerify: boolean
}

export interface RoutePlan {
  readonly match: RouteMatch
  readonly upstream: string
  readonly rewrite: RewritePlan | null
  /** Of the route alone, in addition to the upstream's. */
  readonly breaker: BreakerRule | null
  readonly bulkhead: BulkheadRule | null
  /** Whether `%2F` may stand in the path; refused with 400 otherwise. */
  readonly allowEncodedSlash: boolean
  /** Bytes of a request's body that are waited for before anything is asked of the upstream; 0 for none. */
  readonly bufferBytes: number
  readonly authentication: AuthenticationPlan
  /** Flat and in the order in which they run. */
  readonly plugins: readonly PluginPlan[]
}

export type RewritePlan =
  | { readonly kind: 'strip-prefix'; readonly prefix: string }
  | { readonly kind: 'replace-prefix'; readonly prefix: string; readonly replacement: string }
  | { readonly kind: 'regex'; readonly source: string; readonly replacement: string }

export interface PluginPlan {
  /** The key in the YAML. */
  readonly alias: string
  readonly definition: PluginDefinition
  readonly scope: Scope
  /** Validated, with defaults. */
  readonly config: unknown
  /** `routes[2].plugins.jwt`, for errors and `explain`. */
  readonly where: string
  /** Where the definition comes from: functions cannot be sent to another thread, their names can. */
  readonly source: PluginSource
}

/** The code of a plugin by name. The phase of a plain Fastify plugin is the document's. */
export type PluginSource =
  | { readonly form: 'builtin'; readonly name: string }
  | { readonly form: 'use'; readonly specifier: string }
  | { readonly form: 'fastify'; readonly specifier: string; readonly phase: Phase }
