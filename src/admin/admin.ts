import Fastify from 'fastify'
import type { AddressInfo } from 'node:net'
import type { AddressPlan, Plan } from '../config/plan.ts'
import type { UsageReport } from '../plugin-api/index.ts'
import type { RouteRuntime, UpstreamRuntime } from '../proxy/route-runtime.ts'
import { describeBreaker, describeBulkhead, describeUpstream, forceBreaker } from './upstreams.ts'
import type { ServiceWatch } from '../discovery/service-watch.ts'
import { staleness } from './discovered.ts'
import { sendUsage } from './usage.ts'

export interface ReloadStatus {
  readonly result: 'applied' | 'unchanged' | 'rejected'
  readonly atMs: number
  /** What was wrong with a rejected file. */
  readonly problems: readonly string[]
}

/** What the admin listener shows and may ask for; the gateway implements it. */
export interface AdminView {
  plan(): Plan
  upstreams(): ReadonlyMap<string, UpstreamRuntime>
  /** In the order of the plan. */
  routes(): readonly RouteRuntime[]
  /** Monotonic ms. */
  now(): number
  /** Ms since the Unix epoch. */
  wall(): number
  /** By name of the upstream. */
  discovered(): ReadonlyMap<string, ServiceWatch>
  /** Counts that may be asked about. */
  usage(): readonly UsageReport[]
  /** Empty when requests can be served. */
  notReady(): readonly string[]
  lastReload(): ReloadStatus | null
  exposition(): Promise<string>
  readonly expositionType: string
  /** Reads the file again; null when there is no file to read. */
  reload(): Promise<ReloadStatus> | null
}

export interface AdminListener {
  readonly port: number
  close(): Promise<void>
}

/** The operator's door: never reachable through the gateway's own listeners. @throws the system's error when the address is taken. */
export async function openAdmin(address: AddressPlan, view: AdminView): Promise<AdminListener> {
  const app = Fastify({ logger: false, forceCloseConnections: true })
  app.get('/livez', () => ({ status: 'alive' }))
  app.get('/readyz', (_request, reply) => {
    const reasons = view.notReady()
    return reply.code(reasons.length === 0 ? 200 : 503).send({ status: reasons.length === 0 ? 'ready' : 'not ready', reasons, ...staleness(view) })
  })
  app.get('/metrics', async (_request, reply) => reply.type(view.expositionType).send(await view.exposition()))
  app.get('/config', () => ({ hash: view.plan().hash, lastReload: view.lastReload(), config: view.plan().redacted }))
  app.get('/routes', () => view.plan().routes.map((route, index) => describeRoute(route, view.routes()[index] ?? null, view.now(), view.wall())))
  app.get('/upstreams', () =>
    [...view.upstreams().values()].map((upstream) =>
      describeUpstream(upstream, view.discovered().get(upstream.name) ?? null, view.now(), view.wall())
    )
  )
  app.get('/usage', (request, reply) => sendUsage(reply, request.query, view))
  app.post<{ Params: { name: string } }>('/upstreams/:name/circuit-breaker', async (request, reply) => {
    const upstream = view.upstreams().get(request.params.name)
    return forceBreaker(reply, upstream?.breaker ?? null, `the upstream ${request.params.name}`, request.body, view)
  })
  app.post<{ Params: { name: string } }>('/routes/:name/circuit-breaker', async (request, reply) => {
    const route = view.routes().find(({ names }) => names.name === request.params.name)
    return forceBreaker(reply, route?.breaker ?? null, `the route ${request.params.name}`, request.body, view)
  })
  app.post('/reload', async (_request, reply) => {
    const done = view.reload()
    if (done === null) return reply.code(409).send({ error: 'the gateway was not started from a file' })
    const status = await done
    return reply.code(status.result === 'rejected' ? 422 : 200).send(status)
  })
  await app.listen({ host: address.host, port: address.port })
  return {
    get port() {
      return (app.server.address() as AddressInfo).port
    },
    close: () => app.close()
  }
}

function describeRoute(route: Plan['routes'][number], runtime: RouteRuntime | null, now: number, wall: number): object {
  const { match } = route
  return {
    name: match.name,
    hosts: match.hosts,
    methods: match.methods,
    path: match.path.kind === 'regex' ? match.path.source : match.path.pattern,
    upstream: route.upstream,
    plugins: route.plugins.map((plugin) => plugin.alias),
    ...(runtime === null || runtime.breaker === null ? {} : { circuitBreaker: describeBreaker(runtime.breaker, now, wall) }),
    ...(runtime === null || runtime.bulkhead === null ? {} : { bulkhead: describeBulkhead(runtime.bulkhead) })
  }
}
