import type { Http2ServerRequest } from 'node:http2'
import http, { type IncomingMessage } from 'node:http'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Plan } from '../config/plan.ts'
import type { Clock, LimitStore, PermitStore, Random } from '../plugin-api/index.ts'
import type { Exchange, ExchangeServices } from '../proxy/exchange.ts'
import type { GatewayLog } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { DiscoveredService } from './members.ts'
import { handleError } from './error-handler.ts'
import { exchangeOf } from './exchange-slot.ts'
import { Generation } from './generation.ts'
import { Pace } from './pace.ts'
import type { PluginServices } from './plugin-deps.ts'
import type { StateRegistry } from './registry.ts'
import { takeRedis, type ConnectRedis } from './redis.ts'
import { createRoutes, mountAll } from './routes.ts'
import { UsageReports } from './usage-reports.ts'
import type { UpstreamServices } from './upstreams.ts'

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
  /** Resolves when requests have had their turn of the event loop. */
  readonly turn: () => Promise<void>
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
  const pace = new Pace(services.clock, services.turn)
  try {
    const discovery = await services.prepareDiscovery(plan)
    const routes = await createRoutes(plan, lease, services, discovery, pace)
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
      signal: abort.signal,
      pace
    }
    await mountAll(app, plan, routes, pluginServices, pace)
    await app.ready()
    await pace.rest()
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
      pace,
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

/** For a chain, or a group of them: one of thousands of routes is set up in slices, beside the requests of a machine that may be slow. */
const PLUGIN_TIMEOUT_MS = 60_000

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
    pluginTimeout: PLUGIN_TIMEOUT_MS,
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
