import Fastify, { type FastifyReply } from 'fastify'
import type { AddressInfo } from 'node:net'
import type { AddressPlan, Plan } from '../config/plan.ts'
import type { UsageReport } from '../plugin-api/index.ts'
import type { RouteRuntime, UpstreamRuntime } from '../proxy/route-runtime.ts'
import type { PolicyOwner } from '../telemetry/metrics.ts'
import { type AdminDesk, deskOf, type FollowedService } from './desk.ts'
import { staleness } from './discovered.ts'
import type { RouteLook } from './look.ts'
import { inTurns } from './text-parts.ts'
import { describeBreaker, describePolicies, describeUpstream, modeOf } from './upstreams.ts'

export interface ReloadStatus {
  readonly result: 'applied' | 'unchanged' | 'rejected'
  readonly atMs: number
  /** What was wrong with a rejected file. */
  readonly problems: readonly string[]
}

/** What the admin listener shows of one gateway and may ask of it; the gateway implements it. */
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
  discovered(): ReadonlyMap<string, FollowedService>
  /** Counts that may be asked about. */
  usage(): readonly UsageReport[]
  /** Empty when requests can be served. */
  notReady(): readonly string[]
  lastReload(): ReloadStatus | null
  exposition(): Promise<Iterable<string>>
  readonly expositionType: string
  /** Reads the file again; null when there is no file to read. */
  reload(): Promise<ReloadStatus> | null
}

export interface AdminListener {
  readonly port: number
  close(): Promise<void>
}

/** The operator's door: never reachable through the gateway's own listeners. @throws the system's error when the address is taken. */
export function openAdmin(address: AddressPlan, view: AdminView): Promise<AdminListener> {
  return openAdminDesk(address, deskOf(view))
}

/** @throws the system's error when the address is taken. */
export async function openAdminDesk(address: AddressPlan, desk: AdminDesk): Promise<AdminListener> {
  const app = Fastify({ logger: false, forceCloseConnections: true })
  app.get('/livez', () => ({ status: 'alive' }))
  app.get('/readyz', async (_request, reply) => {
    const reasons = await desk.notReady()
    return reply.code(reasons.length === 0 ? 200 : 503).send({ status: reasons.length === 0 ? 'ready' : 'not ready', reasons, ...staleness(desk) })
  })
  app.get('/metrics', async (_request, reply) => reply.type(desk.expositionType).send(inTurns(await desk.exposition())))
  app.get('/config', () => ({ hash: desk.plan().hash, lastReload: desk.lastReload(), config: desk.plan().redacted }))
  app.get('/routes', async () => {
    const looks = new Map((await desk.look()).routes.map((route) => [route.name, route]))
    return desk.plan().routes.map((route) => describeRoute(route, looks.get(route.match.name) ?? null, desk))
  })
  app.get('/upstreams', async () => {
    const { upstreams } = await desk.look()
    return upstreams.map((upstream) => describeUpstream(upstream, desk.discovered().get(upstream.name) ?? null, desk))
  })
  app.get('/usage', async (request, reply) => {
    const { status, body } = await desk.usage(request.query)
    return reply.code(status).send(body)
  })
  app.get('/workers', (_request, reply) => {
    const workers = desk.workers()
    return workers === null ? reply.code(404).send({ error: 'the gateway runs without workers' }) : reply.send(workers)
  })
  app.post<{ Params: { name: string } }>('/upstreams/:name/circuit-breaker', ({ params, body }, reply) =>
    force(reply, desk, { upstream: params.name, route: '' }, body)
  )
  app.post<{ Params: { name: string } }>('/routes/:name/circuit-breaker', ({ params, body }, reply) =>
    force(reply, desk, { upstream: '', route: params.name }, body)
  )
  app.post('/reload', async (_request, reply) => {
    const done = desk.reload()
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

function describeRoute(route: Plan['routes'][number], look: RouteLook | null, desk: AdminDesk): object {
  const { match } = route
  return {
    name: match.name,
    hosts: match.hosts,
    methods: match.methods,
    path: match.path.kind === 'regex' ? match.path.source : match.path.pattern,
    upstream: route.upstream,
    plugins: route.plugins.map((plugin) => plugin.alias),
    ...(look === null ? {} : describePolicies(look, desk))
  }
}

/** `{"state": "open" | "closed" | "auto"}` */
async function force(reply: FastifyReply, desk: AdminDesk, owner: PolicyOwner, body: unknown): Promise<FastifyReply> {
  const mode = modeOf(body)
  if (mode === null) return reply.code(400).send({ error: 'expected {"state": "open"}, {"state": "closed"} or {"state": "auto"}' })
  const breaker = await desk.forceBreaker(owner, mode)
  if (breaker !== null) return reply.send(describeBreaker(breaker, desk))
  const name = owner.route === '' ? `the upstream ${owner.upstream}` : `the route ${owner.route}`
  return reply.code(404).send({ error: `${name} has no circuit breaker` })
}
