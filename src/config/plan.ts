import type { PluginDefinition } from '../plugin-api/index.ts'
import type { Scope } from '../plugin-api/phases.ts'
import type { RouteMatch } from '../routing/types.ts'

/** A compiled configuration: immutable, everything resolved, durations in ms and sizes in bytes. */
export interface Plan {
  /** SHA-256 over the effective document and the plugins it names; equal plans have equal hashes. */
  readonly hash: string
  readonly listeners: readonly ListenerPlan[]
  readonly admin: AddressPlan | null
  /** CIDR blocks and single addresses. */
  readonly trustedProxies: readonly string[]
  readonly limits: LimitsPlan
  readonly clientTimeouts: { readonly headersMs: number; readonly bodyIdleMs: number; readonly keepAliveMs: number }
  readonly shutdown: { readonly delayMs: number; readonly drainMs: number }
  readonly log: { readonly level: LogLevel; readonly access: boolean }
  /** Shared definitions by name, validated by the `providerSchema` of their plugin. */
  readonly providers: Readonly<Record<string, unknown>>
  readonly upstreams: readonly UpstreamPlan[]
  readonly routes: readonly RoutePlan[]
  /** The chain that runs for requests without a route: the global plugins. */
  readonly unmatched: { readonly plugins: readonly PluginPlan[] }
  /** The document after interpolation and defaults, with every secret replaced by `***`. */
  readonly redacted: unknown
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
}

export interface LimitsPlan {
  readonly maxHeaderBytes: number
  readonly maxHeaderCount: number
  readonly maxUrlBytes: number
  readonly maxBodyBytes: number
}

export interface UpstreamPlan {
  readonly name: string
  readonly endpoints: readonly EndpointPlan[]
  readonly balancer: { readonly algorithm: 'round-robin' | 'weighted-round-robin' }
  readonly timeouts: {
    readonly connectMs: number
    /** From the sent request to the answer's head. */
    readonly responseMs: number
    /** Silence between two pieces of an answer's body. */
    readonly idleMs: number
  }
  readonly tls: TlsPlan | null
  /** `upstream`: the endpoint's own authority; `preserve`: what the client sent; `fixed`: `name`. */
  readonly hostHeader: { readonly kind: 'upstream' } | { readonly kind: 'preserve' } | { readonly kind: 'fixed'; readonly name: string }
}

export interface EndpointPlan {
  /** `http://host:port` or `https://host:port`, default ports left out; no path. */
  readonly origin: string
  /** Integer from 0 (no new requests) to 1000. */
  readonly weight: number
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
  /** Whether `%2F` may stand in the path; refused with 400 otherwise. */
  readonly allowEncodedSlash: boolean
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
}
