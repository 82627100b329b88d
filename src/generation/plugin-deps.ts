import type { FastifyInstance } from 'fastify'
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
  Random,
  UsageReport
} from '../plugin-api/index.ts'
import type { ResponseEdit, RouteRuntime } from '../proxy/route-runtime.ts'
import type { Metrics, Series } from '../telemetry/metrics.ts'
import { exchangeOf } from './exchange-slot.ts'
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
}

/** A plugin that could not be set up; the generation is not built. */
export class PluginBuildError extends Error {
  readonly where: string

  constructor(plugin: PluginPlan, cause: unknown) {
    super(`${plugin.where}: plugin ${plugin.alias} could not be set up: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    this.where = plugin.where
  }
}

/** Registers one plugin of a route's chain. @throws PluginBuildError */
export async function registerPlugin(
  app: FastifyInstance,
  plugin: PluginPlan,
  route: RouteRuntime,
  params: readonly string[],
  authentication: Authentication,
  services: PluginServices
): Promise<void> {
  const deps = { ...pluginDeps(plugin, route, params, services), authentication }
  try {
    await withNamedHooks(app, plugin.alias, async () => {
      await plugin.definition.register(app, plugin.config, deps)
    })
  } catch (error) {
    throw new PluginBuildError(plugin, error)
  }
}

function pluginDeps(
  plugin: PluginPlan,
  route: RouteRuntime,
  params: readonly string[],
  services: PluginServices
): Omit<PluginDeps, 'authentication'> {
  const name = plugin.definition.name
  return {
    clock: services.clock,
    random: services.random,
    log: services.log.child({ plugin: plugin.alias, route: route.names.name }),
    metrics: {
      // The series goes away with the last generation that has a plugin which counts in it.
      counter: (metric, help, labels) =>
        services.lease.take<Series<BoundCounter>>(
          `metrics:plugin:${metric}:${JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`,
          () => services.metrics.pluginCounter(metric, help, labels),
          (series) => series.remove()
        ).metrics
    },
    route: { name: route.names.name, upstream: route.names.upstream, params },
    consumers: services.consumers,
    http: services.http,
    limits: services.limits,
    reportUsage: (report) => services.reportUsage(route.names.name, report),
    provider(key) {
      if (!Object.hasOwn(services.providers, key)) throw new Error(`there is no provider ${key}`)
      return services.providers[key]
    },
    state: (key, make, dispose) => services.lease.take(`plugin:${name}:${key}`, make, dispose),
    onResponseHead: (edit) => {
      route.responseEdits.push(namedEdit(plugin.alias, edit))
    },
    signal: services.signal
  }
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
