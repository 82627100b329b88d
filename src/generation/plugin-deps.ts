import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { PluginPlan } from '../config/plan.ts'
import type {
  Authentication,
  BoundCounter,
  Clock,
  ConsumerEntry,
  Log,
  OutboundHttp,
  PluginDeps,
  PluginLimits,
  PluginRoute,
  Random,
  UsageReport
} from '../plugin-api/index.ts'
import { withRoute } from '../plugin-api/shared-route.ts'
import type { ResponseEdit, RouteRuntime } from '../proxy/route-runtime.ts'
import type { Metrics, Series } from '../telemetry/metrics.ts'
import { exchangeOf } from './exchange-slot.ts'
import type { Pace } from './pace.ts'
import type { StateLease } from './registry.ts'
import { withNamedHooks } from './request-hook.ts'

export interface PluginServices {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log & { child(bindings: object): Log }
  readonly metrics: Metrics
  readonly lease: StateLease
  readonly providers: Readonly<Record<string, unknown>>
  readonly consumers: readonly ConsumerEntry[]
  readonly http: OutboundHttp
  readonly limits: PluginLimits
  /** What operators may ask about. */
  readonly reportUsage: (route: string, report: UsageReport) => void
  readonly signal: AbortSignal
  readonly pace: Pick<Pace, 'map'>
}

/** The routes that the plugins of one chain are registered for. */
export interface ChainRoutes {
  readonly members: readonly [ChainRoute, ...ChainRoute[]]
  readonly isShared: boolean
}

export interface ChainRoute {
  readonly runtime: RouteRuntime
  /** Names of the parameters of its pattern. */
  readonly params: readonly string[]
}

/** A plugin that could not be set up; the generation is not built. */
export class PluginBuildError extends Error {
  readonly where: string

  constructor(plugin: PluginPlan, cause: unknown) {
    super(`${plugin.where}: plugin ${plugin.alias} could not be set up: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.where = plugin.where
  }
}

/** Registers one plugin of a chain. @throws PluginBuildError */
export async function registerPlugin(
  app: FastifyInstance,
  plugin: PluginPlan,
  routes: ChainRoutes,
  authentication: Authentication,
  services: PluginServices
): Promise<void> {
  const deps = pluginDeps(plugin, routes, authentication, services)
  try {
    await withNamedHooks(app, plugin.alias, async () => {
      await plugin.definition.register(app, plugin.config, deps)
    })
  } catch (error) {
    throw new PluginBuildError(plugin, error)
  }
}

function pluginDeps(plugin: PluginPlan, { members, isShared }: ChainRoutes, authentication: Authentication, services: PluginServices): PluginDeps {
  const name = plugin.definition.name
  const [{ runtime: first }] = members
  const names = isShared ? {} : { route: first.names.name }
  const deps: Omit<PluginDeps, 'route'> = {
    clock: services.clock,
    random: services.random,
    log: services.log.child({ plugin: plugin.alias, ...names }),
    authentication,
    isShared,
    perRoute: (make) => perRoute(members, make, services.pace),
    metrics: {
      // The series goes away with the last generation that has a plugin which counts in it.
      counter: (metric, help, labels) =>
        services.lease.take<Series<BoundCounter>>(
          `metrics:plugin:${metric}:${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`,
          () => services.metrics.pluginCounter(metric, help, labels),
          (series) => series.remove()
        ).metrics
    },
    consumers: services.consumers,
    http: services.http,
    limits: services.limits,
    reportUsage: (report) => services.reportUsage(report.route ?? first.names.name, report),
    provider(key) {
      if (!Object.hasOwn(services.providers, key)) throw new Error(`there is no provider ${key}`)
      return services.providers[key]
    },
    state: (key, make, dispose) => services.lease.take(`plugin:${name}:${key}`, make, dispose),
    onResponseHead: (edit) => {
      // The routes of a chain have one list.
      first.responseEdits.push(namedEdit(plugin.alias, edit))
    },
    signal: services.signal
  }
  return withRoute(name, deps, routeOf(members[0]))
}

function routeOf({ runtime, params }: ChainRoute): PluginRoute {
  const { name, upstream } = runtime.names
  return { name, upstream, params }
}

async function perRoute<T>(
  members: ChainRoutes['members'],
  make: (route: PluginRoute) => T,
  pace: PluginServices['pace']
): Promise<(request: FastifyRequest) => T> {
  const values = await pace.map(members, (member) => make(routeOf(member)))
  const [first] = values as [T, ...T[]]
  if (members.length === 1) return () => first
  const byRuntime = new Map(members.map(({ runtime }, index) => [runtime, values[index] as T]))
  return ({ raw }) => byRuntime.get(exchangeOf(raw).runtime) as T
}

/** An edit that fails is laid at its plugin's door. */
function namedEdit(plugin: string, edit: ResponseEdit): ResponseEdit {
  return (request, head) => {
    try {
      edit(request, head)
    } catch (error) {
      exchangeOf(request.raw).decision.plugin = plugin
      throw error
    }
  }
}
