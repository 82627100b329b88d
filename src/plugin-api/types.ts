import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { GatewayError } from '../errors.ts'
import type { Static, TSchema } from 'typebox'
import type { PermitStore } from './limits/permits.ts'
import type { LimitStore } from './limits/store.ts'
import type { UsageReport } from './limits/usage.ts'
import type { Phase, Scope } from './phases.ts'

/** A consumer of the document with its credentials, for authentication plugins. */
export interface ConsumerEntry extends Consumer {
  /** As they are or `sha256:<hex>`. */
  readonly apiKeys: readonly string[]
  /** `password`: a hash (`scrypt:…`) or the password itself. */
  readonly basic: readonly { readonly username: string; readonly password: string }[]
  /** Exactly one of `secret` and `publicKey` (PEM). */
  readonly hmacKeys: readonly { readonly id: string; readonly secret: string | null; readonly publicKey: string | null }[]
  /** `sha256:<fingerprint>`, `subject:<CN>`, `dns:<name>` or `uri:<uri>`. */
  readonly certificates: readonly string[]
  /** Of tokens; `issuer` null: any that the plugin accepts. */
  readonly subjects: readonly { readonly issuer: string | null; readonly subject: string }[]
}

/**
 * Where an authentication plugin says what it found, so that several of one route go together as its `authentication` says. A plugin whose
 * credentials are absent or wrong calls `refuse` and hands the result to `done`: an error ends the request, null lets the next plugin try.
 */
export interface Authentication {
  /** Another plugin has let the request in and one is enough: there is nothing to decide, but fields that only the gateway may set are still to be removed. */
  isDecided(request: FastifyRequest): boolean
  /** Lets the request in. A null consumer leaves the one that an earlier plugin found. */
  accept(request: FastifyRequest, consumer: Consumer | null, claims?: Readonly<Record<string, unknown>> | null): void
  /** `missing`: the request has no credentials of this kind; `invalid`: it has, and they are wrong. */
  refuse(request: FastifyRequest, reason: 'missing' | 'invalid', error: GatewayError): GatewayError | null
}

export interface OutboundRequest {
  /** http or https; certificates are verified. */
  readonly url: string
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer
  /** For the whole answer. Default 5000. */
  readonly timeoutMs?: number
  /** Of the answer's body. Default 1 MiB. */
  readonly maxBytes?: number
  readonly signal?: AbortSignal
}

export interface OutboundAnswer {
  /** Any status is an answer, redirects too: they are not followed. */
  readonly status: number
  /** Names in lower case; fields of one name joined with commas. */
  readonly headers: Readonly<Record<string, string>>
  /** Each `Set-Cookie` by itself: a comma may stand inside of one. */
  readonly setCookies: readonly string[]
  readonly body: Buffer
}

/** Requests of a plugin's own. Never ask a url that a client can choose. */
export interface OutboundHttp {
  /** @throws Error in words for an operator when there is no answer */
  request(request: OutboundRequest): Promise<OutboundAnswer>
}

/** An authenticated caller. */
export interface Consumer {
  readonly name: string
  readonly groups: readonly string[]
}

/**
 * What the gateway knows of a request, as `request.gateway` in every hook. Read it rather than the raw request:
 * these values are the ones that routing, limits and the upstream are decided by.
 */
export interface GatewayRequest {
  /** The request id: unique, or taken from a trusted header by the `request-id` plugin. */
  id: string
  readonly route: { readonly name: string; readonly upstream: string | null }
  /** Canonical path, see docs/routing.md; still percent-encoded. */
  readonly path: string
  /** Without `?`; empty when there is none. As received. */
  readonly query: string
  /** Path and query in the client's own spelling; only what verifies a signature of it needs that. */
  readonly rawTarget: string
  /** Host and port as the client sent them; empty for HTTP/1.0 without Host. */
  readonly authority: string
  /** Lower case, without a port; empty for HTTP/1.0 without Host. */
  readonly host: string
  readonly scheme: 'http' | 'https'
  /** The client's address: of the peer, or what trusted proxies said of it. */
  readonly clientIp: string
  /** Parameters of the route's pattern, percent-encoded as received. */
  readonly params: Readonly<Record<string, string>>
  consumer: Consumer | null
  /** Verified claims of a token, set by an authentication plugin. */
  claims: Readonly<Record<string, unknown>> | null
  /** Changes of the request that is sent upstream; the client's own header fields stay readable in `request.headers`. */
  setRequestHeader(name: string, value: string): void
  addRequestHeader(name: string, value: string): void
  removeRequestHeader(name: string): void
  /** Lowers the limit of this request's body; 413 past it. Bytes; a higher limit than the present one changes nothing. */
  limitBody(bytes: number): void
  /**
   * Calls back exactly once when everything about the request is over: its answer is out to the last byte, its WebSocket is closed, or its client
   * is gone. At once when that is so already, as after waiting for something in a hook.
   */
  onComplete(run: () => void): void
}

/** The head of the answer on its way to the client, from an upstream or from the gateway itself. Names are case-insensitive. */
export interface ResponseHead {
  readonly status: number
  get(name: string): string | undefined
  set(name: string, value: string): void
  add(name: string, value: string): void
  remove(name: string): void
}

export interface Clock {
  /** Monotonic milliseconds since an arbitrary point; for durations. */
  now(): number
  /** Milliseconds since the Unix epoch; for timestamps and token expiry. */
  wall(): number
  /** Calls back once after `ms`; returns a function that cancels. Never keeps the process alive. */
  after(ms: number, run: () => void): () => void
}

export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** A 128-bit unique id as 32 lower-case hex digits. */
  id(): string
}

export interface Log {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

export interface BoundCounter {
  inc(by?: number): void
}

export interface PluginMetrics {
  /**
   * A counter `sallyport_<name>` with one series; call it when the plugin is registered, never per request.
   * Label values must come from the configuration or a closed set.
   */
  counter(name: string, help: string, labels: Readonly<Record<string, string>>): BoundCounter
}

/** Where limits are counted. */
export interface PluginLimits {
  /** For this gateway alone. One for all plugins; outlives reloads. Answers at once. */
  readonly memory: LimitStore
  /** For all gateways that use the same Redis; null when the document has none. */
  readonly redis: LimitStore | null
  /** Places for requests in flight, likewise. Give them back by `request.gateway.onComplete`. */
  readonly permits: {
    readonly memory: PermitStore
    readonly redis: PermitStore | null
  }
}

/** A route as its plugins see it when they are registered. */
export interface PluginRoute {
  /** `_unmatched` for requests without a route. */
  readonly name: string
  readonly upstream: string | null
  /** Names of the parameters of its pattern. */
  readonly params: readonly string[]
}

/** What the gateway hands to a plugin. A plugin takes time, randomness and shared state from here and from nowhere else. */
export interface PluginDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly metrics: PluginMetrics
  /** Whether this instance may serve several routes: the plugin and all others of its chain say that they can, see `PluginDefinition.shared`. */
  readonly isShared: boolean
  /** The route this instance is registered for. @throws TypeError when it is shared: see `perRoute` */
  readonly route: PluginRoute
  /**
   * Makes something for each route that this instance serves, a few at a time so that requests have their turn meanwhile. What is resolved finds
   * the one for a request. Works for an instance of one route too.
   */
  perRoute<T>(make: (route: PluginRoute) => T): Promise<(request: FastifyRequest) => T>
  /** Every consumer of the document. */
  readonly consumers: readonly ConsumerEntry[]
  readonly authentication: Authentication
  readonly http: OutboundHttp
  readonly limits: PluginLimits
  /** Lets operators ask at `GET /usage` how much of a count is used. Instances that report the same are listed once. */
  reportUsage(report: UsageReport): void
  /** The plugin's shared definition of that name under `providers`, validated by its `providerSchema`. */
  provider(name: string): unknown
  /**
   * State that outlives a reload: the same key gives the same object as long as some generation uses it.
   * The key is private to the plugin; include the route's name unless routes shall share.
   */
  state<T>(key: string, make: () => T, dispose?: (value: T) => void): T
  /** Called with the head of every answer of the route before it is sent, also of errors and of other plugins' replies. */
  onResponseHead(edit: (request: FastifyRequest, head: ResponseHead) => void): void
  /** Aborted when the generation that this instance belongs to is retired. */
  readonly signal: AbortSignal
}

/** A problem that a plugin's `check` found in its own configuration. */
export interface CheckIssue {
  readonly severity: 'error' | 'warning'
  /** Keys from the plugin's configuration down to the culprit, such as `['request', 'set', 'x-a']`. */
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly hint?: string
}

export interface CheckContext {
  /** The route that the configuration applies to, or null where it is global or an upstream's. */
  readonly route: Omit<PluginRoute, 'upstream'> | null
  /** The plugin's shared definitions by name; null for one that is not valid. */
  readonly providers: ReadonlyMap<string, unknown>
  /** Every consumer of the document, as far as it can be read. */
  readonly consumers: readonly Consumer[]
  /** Whether the document has `redis`. */
  readonly hasRedis: boolean
}

/** For whom a configuration is described. */
export interface DescribeContext {
  readonly route: { readonly name: string }
  readonly hasRedis: boolean
}

export interface PluginDefinition<S extends TSchema = TSchema> {
  /** kebab-case; the key in the YAML for a built-in. */
  readonly name: string
  readonly phase: Phase
  readonly scopes: readonly Scope[]
  /** When true, instances of wider scopes run too instead of being replaced by the most specific one. Default false. */
  readonly stacks?: boolean
  /** Its place in the phase: lower numbers run first, whatever the scopes; equal ones by scope, then as the document says. Default 0. */
  readonly order?: number
  /**
   * True: one instance serves all routes that have the same plugins with the same settings, if the others of the chain say so too. A document
   * of thousands of routes starts and reloads many times faster. `register` must not read `deps.route` then; `deps.perRoute` has what differs
   * between routes, hooks find the route in `request.gateway.route`. Default false: each route has an instance of its own.
   */
  readonly shared?: boolean
  /** TypeBox schema of the configuration, with a description on every key. */
  readonly schema: S
  /** Schema of an entry of the top-level `providers`, when the plugin can share definitions. */
  readonly providerSchema?: TSchema
  /** What `providerSchema` cannot say of one shared definition. Pure. */
  checkProvider?(provider: unknown): readonly CheckIssue[]
  /** What a schema cannot say. Pure. What `checkProvider` has said need not be said again. */
  check?(config: Static<S>, context: CheckContext): readonly CheckIssue[]
  /** What it does to requests of a route, a line for each thing, for `sallyport explain`. Pure; holds no secret. */
  describe?(config: Static<S>, context: DescribeContext): readonly string[]
  /** Adds hooks to `app`, an encapsulated Fastify instance of the route, or of the routes that share the chain. May await. A throw fails the build of the generation. */
  register(app: FastifyInstance, config: Static<S>, deps: PluginDeps): void | Promise<void>
}

declare module 'fastify' {
  interface FastifyRequest {
    readonly gateway: GatewayRequest
  }
}
