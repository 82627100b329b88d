import type { Http2ServerRequest } from 'node:http2'
import http, { type IncomingMessage } from 'node:http'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Plan, RoutePlan } from '../config/plan.ts'
import type { Clock, LimitStore, PermitStore, Random } from '../plugin-api/index.ts'
import type { Breaker } from '../policy/breaker/types.ts'
import type { Exchange, ExchangeServices } from '../proxy/exchange.ts'
import type { BulkheadRuntime, RouteMetrics, RouteRuntime, UpstreamRuntime } from '../proxy/route-runtime.ts'
import { patternParamNames } from '../routing/path-shape.ts'
import { compileRouter } from '../routing/router.ts'
import type { Router } from '../routing/types.ts'
import type { GatewayLog } from '../telemetry/log.ts'
import type { Metrics, Series } from '../telemetry/metrics.ts'
import type { DiscoveredService } from './members.ts'
import { handleError } from './error-handler.ts'
import { exchangeOf } from './exchange-slot.ts'
import { Generation } from './generation.ts'
import type { PluginServices } from './plugin-deps.ts'
import { takeBreaker, takeBulkhead, type TakenPolicy } from './policies.ts'
import type { StateLease, StateRegistry } from './registry.ts'
import { takeRedis, type ConnectRedis } from './redis.ts'
import { createRewrite } from './rewrite.ts'
import { UsageReports } from './usage-reports.ts'
import { mountRoute, STANDARD_METHODS } from './route-app.ts'
import { type BuiltUpstream, createUpstream, type UpstreamServices } from './upstreams.ts'

export interface BuildServices {
  readonly registry: StateRegistry
  readonly metrics: Metrics
  readonly log: GatewayLog
  readonly clock: Clock
  readonly random: Random
  /** Loads what the upstreams of a plan need to be discovered. */
  readonly prepareDiscovery: (plan: Plan) => Promise<PreparedDiscovery>
  readonly connect: UpstreamServices['connect']
  readonly check: UpstreamServices['check']
  readonly http: PluginServices['http']
  /** Counts limits of this gateway; all generations share it. */
  readonly memoryLimits: LimitStore
  /** Places of requests in flight of this gateway, likewise. */
  readonly memoryPermits: PermitStore
  readonly breakerMemories: UpstreamServices['breakerMemories']
  readonly connectRedis: ConnectRedis
  readonly defer: ExchangeServices['defer']
  readonly onHealth: UpstreamServices['onHealth']
  readonly onBreaker: UpstreamServices['onBreaker']
  readonly streams: ExchangeServices['streams']
  readonly sweep: ExchangeServices['sweep']
  readonly onComplete: (exchange: Exchange) => void
}

export interface PreparedDiscovery {
  readonly discover: UpstreamServices['discover']
  /** Lets the plan's rules count, at the moment of the swap. */
  apply(): void
}

export interface BuildOptions {
  /** How long to wait for the first answers of registries that have not been asked before, ms. */
  readonly discoveryMs: number
}

/**
 * plan → generation. May wait for plugins; on failure everything that it took is given back and the running generation is untouched.
 * @throws PluginBuildError
 */
export async function buildGeneration(plan: Plan, services: BuildServices, { discoveryMs }: BuildOptions): Promise<Generation> {
  const lease = services.registry.lease()
  const abort = new AbortController()
  const app = createApp(plan)
  try {
    const discovery = await services.prepareDiscovery(plan)
    const routes = createRoutes(plan, lease, services, discovery)
    const redis = await takeRedis(plan, lease, services.connectRedis)
    await redis?.register(app)
    const usage = new UsageReports(services.log)
    const pluginServices: PluginServices = {
      ...services,
      reportUsage: (route, report) => usage.add(route, report),
      limits: {
        memory: services.memoryLimits,
        redis: redis?.limits ?? null,
        permits: { memory: services.memoryPermits, redis: redis?.permits ?? null }
      },
      log: services.log.child({}, { level: plan.log.level }),
      lease,
      providers: plan.providers,
      consumers: plan.consumers,
      signal: abort.signal
    }
    await mountAll(app, plan, routes, pluginServices)
    await app.ready()
    // No endpoint with active checks gets traffic before its first one.
    await Promise.all(routes.built.map(({ checked }) => checked))
    await untilKnown(routes.discovered, discoveryMs, services.clock)
    return new Generation({
      plan,
      app,
      router: routes.router,
      routes: routes.list,
      unmatched: routes.unmatched,
      upstreams: routes.upstreams,
      discovered: routes.discovered,
      redis,
      usage: usage.list,
      activate: routes.activate,
      lease,
      abort,
      services: exchangeServices(plan, services)
    })
  } catch (error) {
    abort.abort()
    lease.release()
    await app.close().catch(() => {})
    throw error
  }
}

/** New upstreams should not begin without endpoints; but a registry that is away holds nobody up for long. */
function untilKnown(discovered: ReadonlyMap<string, DiscoveredService>, limitMs: number, clock: Clock): Promise<unknown> {
  const waiting = [...discovered.values()].filter(({ isKnown }) => !isKnown)
  if (waiting.length === 0 || limitMs === 0) return Promise.resolve()
  return new Promise<void>((resolve) => {
    const cancel = clock.after(limitMs, resolve)
    void Promise.all(waiting.map(({ ready }) => ready)).then(() => {
      cancel()
      resolve()
    })
  })
}

interface Routes {
  readonly router: Router
  readonly list: readonly RouteRuntime[]
  readonly unmatched: RouteRuntime
  readonly upstreams: ReadonlyMap<string, UpstreamRuntime>
  readonly discovered: ReadonlyMap<string, DiscoveredService>
  readonly built: readonly BuiltUpstream[]
  readonly activate: () => void
}

function createRoutes(plan: Plan, lease: StateLease, services: BuildServices, discovery: PreparedDiscovery): Routes {
  const upstreams = new Map<string, UpstreamRuntime>()
  const policyServices: UpstreamServices = {
    ...services,
    lease,
    newLease: () => services.registry.lease(),
    discover: discovery.discover,
    random: () => services.random.next(),
    upstream: (name) => upstreams.get(name) ?? null,
    zone: plan.zone
  }
  const built = plan.upstreams.map((upstream) => createUpstream(upstream, policyServices))
  for (const { runtime } of built) upstreams.set(runtime.name, runtime)
  const metricsOf = (name: string): RouteMetrics =>
    lease.take<Series<RouteMetrics>>(
      `metrics:route:${name}`,
      () => services.metrics.route(name),
      (old) => old.remove()
    ).metrics
  const policies = plan.routes.map((route) => takePolicies(route, policyServices))
  const list = plan.routes.map((route, index) =>
    createRoute(plan, route, upstreams.get(route.upstream) ?? null, policies[index] as RoutePolicies, metricsOf(route.match.name))
  )
  return {
    router: compileRouter(plan.routes.map((route) => route.match)),
    list,
    unmatched: createUnmatched(plan, metricsOf(UNMATCHED)),
    upstreams,
    discovered: new Map(built.flatMap(({ runtime, discovered }) => (discovered === null ? [] : [[runtime.name, discovered] as const]))),
    built,
    activate() {
      discovery.apply()
      for (const one of [...built, ...policies.flatMap(({ breaker, bulkhead }) => [breaker, bulkhead])]) one.activate()
    }
  }
}

interface RoutePolicies {
  readonly breaker: TakenPolicy<Breaker>
  readonly bulkhead: TakenPolicy<BulkheadRuntime>
}

function takePolicies(route: RoutePlan, services: UpstreamServices): RoutePolicies {
  const owner = { upstream: '', route: route.match.name }
  return { breaker: takeBreaker(route.breaker, owner, services), bulkhead: takeBulkhead(route.bulkhead, owner, services) }
}

/** The name of the route that nothing matched, in metrics and logs. */
export const UNMATCHED = '_unmatched'

function createRoute(plan: Plan, route: RoutePlan, upstream: UpstreamRuntime | null, policies: RoutePolicies, metrics: RouteMetrics): RouteRuntime {
  return {
    id: route.match.id,
    names: { name: route.match.name, upstream: route.upstream },
    upstream,
    breaker: policies.breaker.policy,
    bulkhead: policies.bulkhead.policy,
    rewrite: route.rewrite === null ? null : createRewrite(route.rewrite),
    allowEncodedSlash: route.allowEncodedSlash,
    hasPlugins: route.plugins.length > 0,
    maxBodyBytes: plan.limits.maxBodyBytes,
    bodyIdleMs: plan.clientTimeouts.bodyIdleMs,
    uploadRate: plan.clientTimeouts.uploadRate,
    bufferBytes: route.bufferBytes,
    responseEdits: [],
    metrics
  }
}

function createUnmatched(plan: Plan, metrics: RouteMetrics): RouteRuntime {
  return {
    id: -1,
    names: { name: UNMATCHED, upstream: null },
    upstream: null,
    breaker: null,
    bulkhead: null,
    rewrite: null,
    allowEncodedSlash: true,
    hasPlugins: plan.unmatched.plugins.length > 0,
    maxBodyBytes: plan.limits.maxBodyBytes,
    bodyIdleMs: plan.clientTimeouts.bodyIdleMs,
    uploadRate: plan.clientTimeouts.uploadRate,
    bufferBytes: 0,
    responseEdits: [],
    metrics
  }
}

/** The path by which the front door names a route to Fastify. A client cannot send it: backslashes are refused before routing. */
export function routeUrl(id: number): string {
  return id === -1 ? '/\\unmatched' : `/\\${id}`
}

/** Only what has plugins: the front door hands everything else straight to `forward`, and a context of Fastify costs about a millisecond. */
async function mountAll(app: FastifyInstance, plan: Plan, routes: Routes, services: PluginServices): Promise<void> {
  for (const route of plan.routes) {
    if (route.plugins.length === 0) continue
    const runtime = routes.list[route.match.id] as RouteRuntime
    const methods = [...new Set([...STANDARD_METHODS, ...route.match.methods])]
    for (const method of methods) if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true })
    await mountRoute(app, {
      runtime,
      url: routeUrl(runtime.id),
      params: patternParamNames(route.match.path),
      plugins: route.plugins,
      authentication: route.authentication,
      methods,
      services
    })
  }
  if (plan.unmatched.plugins.length === 0) return
  await mountRoute(app, {
    runtime: routes.unmatched,
    url: routeUrl(-1),
    params: [],
    plugins: plan.unmatched.plugins,
    authentication: plan.unmatched.authentication,
    methods: STANDARD_METHODS,
    services
  })
}

function createApp(plan: Plan): FastifyInstance {
  const app = Fastify({
    // The listening servers belong to the gateway and outlive every generation; this one never listens.
    serverFactory: (listener) => http.createServer(listener as never),
    // With a logger Fastify makes a child and two listeners for every request; `mountRoute` gives hooks the gateway's own instead.
    logger: false,
    // The earliest point after routing: the message gets its own URL back before any hook sees it.
    genReqId: (request: IncomingMessage | Http2ServerRequest) => {
      const exchange = exchangeOf(request as IncomingMessage)
      request.url = exchange.url
      return exchange.id
    },
    routerOptions: { caseSensitive: true, ignoreTrailingSlash: false },
    exposeHeadRoutes: false,
    return503OnClosing: false,
    bodyLimit: plan.limits.maxBodyBytes,
    ...(plan.trustedProxies.length === 0 ? {} : { trustProxy: [...plan.trustedProxies] })
  })
  // Bodies pass as bytes: nothing may parse, decode or re-encode them. http-proxy adds its own pass-through parsers.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, payload, done) => {
    done(null, payload)
  })
  app.decorateRequest('gateway', {
    getter() {
      return exchangeOf(this.raw)
    }
  })
  app.setErrorHandler(handleError)
  return app
}

function exchangeServices(plan: Plan, services: BuildServices): ExchangeServices {
  return {
    clock: services.clock,
    random: services.random,
    generation: plan.hash,
    defer: services.defer,
    onComplete: services.onComplete,
    streams: services.streams,
    sweep: services.sweep,
    onClientTimeout: (kind) => services.metrics.clientTimeout(kind),
    onTrouble(exchange, message, kind, error) {
      services.log.warn(
        { requestId: exchange.id, route: exchange.route.name, plugin: exchange.decision.plugin ?? undefined, kind, err: error },
        message
      )
    }
  }
}
