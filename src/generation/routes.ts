import type { FastifyInstance } from 'fastify'
import type { Plan, RoutePlan } from '../config/plan.ts'
import type { Breaker } from '../policy/breaker/types.ts'
import type { BulkheadRuntime, ResponseEdit, RouteMetrics, RouteRuntime, UpstreamRuntime } from '../proxy/route-runtime.ts'
import { patternParamNames } from '../routing/path-shape.ts'
import { buildRouterStepwise } from '../routing/router.ts'
import type { Router } from '../routing/types.ts'
import type { Series } from '../telemetry/metrics.ts'
import type { BuildServices, PreparedDiscovery } from './build.ts'
import type { DiscoveredService } from './members.ts'
import type { Pace } from './pace.ts'
import { areShared, type Chain, findChains } from './chains.ts'
import type { ChainRoute, PluginServices } from './plugin-deps.ts'
import { takeBreaker, takeBulkhead, type TakenPolicy } from './policies.ts'
import type { StateLease } from './registry.ts'
import { createRewrite } from './rewrite.ts'
import { mountChain, named, STANDARD_METHODS } from './route-app.ts'
import { type BuiltUpstream, createUpstream, type UpstreamServices } from './upstreams.ts'

/** What is built of a plan's routes and upstreams. */
export interface Routes {
  readonly router: Router
  readonly list: readonly RouteRuntime[]
  readonly chains: readonly Chain[]
  readonly unmatched: RouteRuntime
  readonly upstreams: ReadonlyMap<string, UpstreamRuntime>
  readonly discovered: ReadonlyMap<string, DiscoveredService>
  readonly built: readonly BuiltUpstream[]
  readonly activate: () => void
}

/** Builds the routes and upstreams on top of the state that earlier generations may have left. */
export async function createRoutes(
  plan: Plan,
  lease: StateLease,
  services: BuildServices,
  discovery: PreparedDiscovery,
  pace: Pace
): Promise<Routes> {
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
  const built = await pace.map(plan.upstreams, (upstream) => createUpstream(upstream, policyServices))
  for (const { runtime } of built) upstreams.set(runtime.name, runtime)
  const metricsOf = (name: string): RouteMetrics =>
    lease.take<Series<RouteMetrics>>(
      `metrics:route:${name}`,
      () => services.metrics.route(name),
      (old) => old.remove()
    ).metrics
  const policies: TakenPolicy<unknown>[] = []
  const chains = await pace.finish(findChains(plan.routes))
  const mountOf = new Map(
    chains.flatMap(({ id, routes }) => {
      const mount: Mount = { entry: entryOf(id), responseEdits: [] }
      return routes.map((route) => [route, mount] as const)
    })
  )
  const list = await pace.map(plan.routes, (route) => {
    const own = takePolicies(route, policyServices)
    policies.push(...[own.breaker, own.bulkhead].filter(({ policy }) => policy !== null))
    return createRoute(plan, route, {
      upstream: upstreams.get(route.upstream) ?? null,
      policies: own,
      mount: mountOf.get(route) ?? null,
      metrics: metricsOf(route.match.name)
    })
  })
  return {
    router: await pace.finish(buildRouterStepwise(plan.routes.map((route) => route.match))),
    list,
    chains,
    unmatched: createUnmatched(plan, metricsOf(UNMATCHED)),
    upstreams,
    discovered: new Map(built.flatMap(({ runtime, discovered }) => (discovered === null ? [] : [[runtime.name, discovered] as const]))),
    built,
    activate() {
      discovery.apply()
      for (const one of [...built, ...policies]) one.activate()
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

/** What the routes of a chain have in common. */
interface Mount {
  readonly entry: string
  readonly responseEdits: ResponseEdit[]
}

interface RouteParts {
  readonly upstream: UpstreamRuntime | null
  readonly policies: RoutePolicies
  /** Null without plugins. */
  readonly mount: Mount | null
  readonly metrics: RouteMetrics
}

function createRoute(plan: Plan, route: RoutePlan, { upstream, policies, mount, metrics }: RouteParts): RouteRuntime {
  return {
    id: route.match.id,
    names: { name: route.match.name, upstream: route.upstream },
    upstream,
    breaker: policies.breaker.policy,
    bulkhead: policies.bulkhead.policy,
    rewrite: route.rewrite === null ? null : createRewrite(route.rewrite),
    allowEncodedSlash: route.allowEncodedSlash,
    hasPlugins: mount !== null,
    entry: mount?.entry ?? '',
    maxBodyBytes: plan.limits.maxBodyBytes,
    bodyIdleMs: plan.clientTimeouts.bodyIdleMs,
    uploadRate: plan.clientTimeouts.uploadRate,
    bufferBytes: route.bufferBytes,
    responseEdits: mount?.responseEdits ?? [],
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
    entry: UNMATCHED_ENTRY,
    maxBodyBytes: plan.limits.maxBodyBytes,
    bodyIdleMs: plan.clientTimeouts.bodyIdleMs,
    uploadRate: plan.clientTimeouts.uploadRate,
    bufferBytes: 0,
    responseEdits: [],
    metrics
  }
}

/** The path by which the front door names a chain to Fastify. A client cannot send it: backslashes are refused before routing. */
function entryOf(chain: number): string {
  return `/\\${chain}`
}

const UNMATCHED_ENTRY = '/\\unmatched'

/**
 * Fastify goes from one context to the next among those of the same parent by a call within a call, both when it is made ready and when it is
 * closed: some 3,000 in a row exhaust the stack, and it begins anew with each parent.
 */
const CHAINS_IN_A_GROUP = 50

/** Only what has plugins: the front door hands everything else straight to `forward`, and a context of Fastify costs about a millisecond. Routes share what they can. */
export async function mountAll(app: FastifyInstance, plan: Plan, routes: Routes, services: PluginServices, pace: Pace): Promise<void> {
  const { chains, unmatched } = routes
  for (const method of chains.flatMap((chain) => chain.routes.flatMap(({ match }) => match.methods))) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true })
  }
  for (let start = 0; start < chains.length; start += CHAINS_IN_A_GROUP) {
    const group = chains.slice(start, start + CHAINS_IN_A_GROUP)
    await app.register(named('chains', (context: FastifyInstance) => mountGroup(context, group, routes, services, pace)))
  }
  const { plugins, authentication } = plan.unmatched
  if (plugins.length === 0) return
  const members = [{ runtime: unmatched, params: [] }] as const
  await mountChain(app, { members, isShared: areShared(plugins), url: unmatched.entry, plugins, authentication, methods: STANDARD_METHODS, services })
}

async function mountGroup(context: FastifyInstance, group: readonly Chain[], { list }: Routes, services: PluginServices, pace: Pace): Promise<void> {
  for (const { id, routes, plugins, authentication, isShared } of group) {
    const members = routes.map(({ match }) => ({ runtime: list[match.id] as RouteRuntime, params: patternParamNames(match.path) }))
    await mountChain(context, {
      members: members as [ChainRoute, ...ChainRoute[]],
      isShared,
      url: entryOf(id),
      plugins,
      authentication,
      methods: [...new Set([...STANDARD_METHODS, ...routes.flatMap(({ match }) => match.methods)])],
      services
    })
    const pause = pace.step()
    if (pause !== null) await pause
  }
}
