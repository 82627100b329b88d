import { waitReason } from './admin/discovered.ts'
import { type AdminListener, type AdminView, openAdmin, type ReloadStatus } from './admin/admin.ts'
import { diffPlans, type PlanDiff } from './config/diff.ts'
import type { AddressPlan, ListenerPlan, Plan } from './config/plan.ts'
import { ERRORS, type ErrorCode } from './errors.ts'
import { createDiscovery, type Discovery } from './discovery/discovery.ts'
import type { ServiceWatch } from './discovery/service-watch.ts'
import { type BuildServices, buildGeneration } from './generation/build.ts'
import type { Generation } from './generation/generation.ts'
import { Pace } from './generation/pace.ts'
import { createStateRegistry } from './generation/registry.ts'
import type { Socket } from 'node:net'
import { ConnectionGate } from './http/connection-gate.ts'
import { type Arrival, breakOff, type Doorway, enter, stalled } from './http/front-door.ts'
import { type Listener, openListener } from './http/listener.ts'
import { watchOverload } from './http/overload.ts'
import { createTrustCheck } from './http/peer.ts'
import type { Clock, Random } from './plugin-api/index.ts'
import { upstreamMs } from './proxy/decision.ts'
import type { Exchange } from './proxy/exchange.ts'
import { type OpenStream, OpenStreams } from './proxy/open-streams.ts'
import { Sweep } from './proxy/sweep.ts'
import { connectRedis } from './redis-link.ts'
import { createMemoryStore } from './stores/memory/memory-store.ts'
import { MemoryPermits } from './stores/memory/permits.ts'
import { systemClock } from './system/clock.ts'
import { defer } from './system/defer.ts'
import { nextTurn } from './system/turn.ts'
import { createSystemRandom } from './system/random.ts'
import {
  createLog,
  type GatewayLog,
  writeAccessLine,
  writeBreakerLine,
  writeDiscoveryLine,
  writeHealthLine,
  writeRedisErrorsLine,
  writeRedisLine
} from './telemetry/log.ts'
import { createMetrics, type Metrics } from './telemetry/metrics.ts'
import { discoveryGauges } from './telemetry/discovery-gauges.ts'
import { breakerGauges, bulkheadGauges, upstreamGauges } from './telemetry/upstream-gauges.ts'
import { startChecks } from './upstream/checks.ts'
import { createEndpointPool } from './upstream/endpoint-pool.ts'
import { createOutboundHttp } from './upstream/outbound-http.ts'

export interface GatewayOptions {
  readonly plan: Plan
  readonly log?: GatewayLog
  readonly clock?: Clock
  readonly random?: Random
  /** Reads the configuration again, for `POST /reload`; it is expected to call `reload` or `rejectReload`. */
  readonly rereadConfig?: () => Promise<ReloadStatus>
}

/** How long a reload waits for the first answers about services that are new. */
const FIRST_ANSWER_MS = 5000

/** Of the limits that are counted in memory, all together: some 200 bytes for each caller. Whoever was not seen for longest begins anew beyond it. */
const LIMITS_IN_MEMORY = { maxKeys: 500_000, maxBytes: 128 * 1024 * 1024 }

/** What of a listener cannot change while it listens; null when it is as before, or new. */
function switchOf(before: readonly ListenerPlan[], { name, tls, http2 }: ListenerPlan): string | null {
  const old = before.find((one) => one.name === name)
  if (old === undefined) return null
  if ((old.tls === null) !== (tls === null)) return `the listener ${name} changes between plain and TLS, which needs a restart`
  return old.http2 === http2 ? null : `the listener ${name} turns HTTP/2 ${http2 ? 'on' : 'off'}, which needs a restart`
}

/**
 * The composition root: builds every long-lived object once and wires them together. Configurations come and go through `reload`;
 * listeners, connection pools, counters and metrics stay.
 */
export class Gateway {
  readonly #clock: Clock
  readonly #random: Random
  readonly #metrics: Metrics = createMetrics()
  readonly #registry = createStateRegistry()
  readonly #listeners = new Map<string, Listener>()
  readonly #build: BuildServices
  readonly #gate: ConnectionGate
  readonly #streams: OpenStreams
  readonly #discovery: Discovery
  readonly #http: ReturnType<typeof createOutboundHttp>
  readonly #rereadConfig: (() => Promise<ReloadStatus>) | undefined
  /** Listeners that a reload took out of the document and that still have requests. */
  readonly #leaving = new Set<Listener>()
  /** Generations that still have requests, and the end of each. */
  readonly #retiring = new Map<Generation, Promise<void>>()
  readonly log: GatewayLog
  #doorway: Doorway
  #admin: AdminListener | null = null
  #lastReload: ReloadStatus | null = null
  /** Reloads are serialised: each waits for the one before. */
  #reloading: Promise<unknown> = Promise.resolve()
  #state: 'starting' | 'running' | 'draining' | 'closed' = 'starting'

  /** @throws PluginBuildError when a plugin cannot be set up. */
  static async create(options: GatewayOptions): Promise<Gateway> {
    const clock = options.clock ?? systemClock
    const random = options.random ?? createSystemRandom()
    const log = options.log ?? createLog(options.plan.log.level)
    const gateway = new Gateway(options, clock, random, log)
    await gateway.#install(await buildGeneration(options.plan, gateway.#build, { discoveryMs: 0 }))
    gateway.#metrics.generation(options.plan.hash)
    return gateway
  }

  private constructor(options: GatewayOptions, clock: Clock, random: Random, log: GatewayLog) {
    this.#clock = clock
    this.#random = random
    this.log = log
    this.#rereadConfig = options.rereadConfig
    this.#doorway = undefined as unknown as Doorway
    this.#gate = new ConnectionGate(options.plan.limits, createTrustCheck(options.plan.trustedProxies), (limit) =>
      this.#metrics.connectionRefused(limit)
    )
    this.#http = createOutboundHttp(clock)
    this.#streams = new OpenStreams(clock, random, this.#metrics.streams)
    this.#discovery = createDiscovery({
      clock,
      random,
      onEvent: (name, event) => writeDiscoveryLine(log, name, event),
      onTrouble: (message, error) => log.warn({ err: error }, message),
      warn: (message) => log.warn({}, message)
    })
    this.#build = {
      registry: this.#registry,
      metrics: this.#metrics,
      log,
      clock,
      random,
      prepareDiscovery: (plan) =>
        this.#discovery.prepare(
          plan.discovery,
          plan.upstreams.flatMap(({ discovery }) => discovery ?? [])
        ),
      connect: createEndpointPool,
      check: (check) => startChecks({ ...check, clock, random: () => random.next() }),
      http: this.#http,
      memoryLimits: createMemoryStore({ ...LIMITS_IN_MEMORY, clock, onLiveEviction: () => this.#metrics.limitEvicted() }),
      memoryPermits: new MemoryPermits(),
      connectRedis: (redis) =>
        connectRedis(redis, {
          clock,
          random,
          onChange: (change) => writeRedisLine(log, change),
          onErrors: (change) => writeRedisErrorsLine(log, change)
        }),
      defer,
      turn: nextTurn,
      onHealth: (upstream, event) => writeHealthLine(log, upstream, event),
      onBreaker: (owner, transition) => writeBreakerLine(log, owner, transition),
      streams: this.#streams,
      sweep: new Sweep(clock),
      onComplete: (exchange) => this.#complete(exchange)
    }
    this.#metrics.observeConnections(() => [...this.#listeners.values()].map((listener) => [listener.name, listener.connections] as const))
    this.#metrics.observeUpstreams(() => [...this.#generation.upstreams.values()].map((upstream) => upstreamGauges(upstream, clock.now())))
    this.#metrics.observeDiscovery(() => discoveryGauges(this.#watches.values()))
    this.#metrics.observeBreakers(() => breakerGauges(this.#generation, clock.now()))
    this.#metrics.observeRedis(() => this.#generation.redis?.isUp ?? null)
    this.#metrics.observeBulkheads(() => bulkheadGauges(this.#generation))
  }

  get #generation(): Generation {
    return this.#doorway.generation
  }

  /** What is discovered, by name of the upstream. */
  get #watches(): ReadonlyMap<string, ServiceWatch> {
    return this.#generation.discovered as ReadonlyMap<string, ServiceWatch>
  }

  get plan(): Plan {
    return this.#generation.plan
  }

  /** The port that a listener of the document really has. @throws Error for an unknown name */
  port(listener = this.plan.listeners[0]?.name ?? ''): number {
    const found = this.#listeners.get(listener)
    if (found === undefined) throw new Error(`no listener ${listener}`)
    return found.port
  }

  get adminPort(): number | null {
    return this.#admin?.port ?? null
  }

  /** Upstreams that have no endpoint now. */
  get upstreamsWithoutEndpoints(): readonly string[] {
    return [...this.#generation.upstreams.values()].flatMap(({ name, endpoints }) => (endpoints.members.length === 0 ? [name] : []))
  }

  /** Keys of the state that is alive, for tests. */
  get stateKeys(): readonly string[] {
    return this.#registry.keys
  }

  /** Generations that are running or still have requests. */
  get generations(): number {
    return 1 + this.#retiring.size
  }

  /** Opens the admin listener, then the listeners. @throws the system's error when an address is taken; nothing stays open then. */
  async listen(): Promise<void> {
    try {
      if (this.plan.admin !== null) await this.#openAdmin(this.plan.admin)
      for (const plan of this.plan.listeners) await this.#open(plan)
      this.#state = 'running'
    } catch (error) {
      await this.#closeListeners()
      throw error
    }
  }

  /**
   * Replaces the running configuration by another, in one assignment between two requests. When the new one cannot be built
   * the old one stays.
   */
  reload(plan: Plan): Promise<ReloadStatus> {
    const run = this.#reloading.then(() => this.#reload(plan))
    // One that failed in an unforeseen way must not be the last one.
    this.#reloading = run.catch(() => {})
    return run
  }

  /** Records that a new file was not valid; the running configuration stays. */
  rejectReload(problems: readonly string[]): ReloadStatus {
    return this.#reloaded('rejected', problems)
  }

  /**
   * Graceful stop: not ready, wait for load balancers to notice, take no new connections, let requests finish, go. Resolves
   * to the number of requests that were cut off by the drain limit.
   */
  async close(): Promise<number> {
    if (this.#state === 'draining' || this.#state === 'closed') return 0
    this.#state = 'draining'
    const { delayMs, drainMs } = this.plan.shutdown
    this.log.info({ delayMs, drainMs }, 'draining')
    for (const listener of this.#listeners.values()) listener.drain()
    if (delayMs > 0)
      await new Promise<void>((resolve) => {
        this.#clock.after(delayMs, resolve)
      })
    await this.#reloading
    const listeners = [...this.#listeners.values(), ...this.#leaving]
    // Without clients nothing new is opened; what is left then is an upstream that has yet to answer its Close.
    const closing = Promise.all(listeners.map((listener) => listener.close())).then(() => this.#streams.idle())
    this.#streams.drain(drainMs)
    await Promise.race([
      closing,
      new Promise<void>((resolve) => {
        this.#clock.after(drainMs, resolve)
      })
    ])
    const running = [this.#generation, ...this.#retiring.keys()].reduce((sum, generation) => sum + generation.inFlight, 0)
    // WebSockets may have outlived their generation's own limit.
    const cut = Math.max(running, this.#streams.size)
    this.#streams.destroy()
    for (const listener of listeners) listener.destroy()
    await closing
    await this.#retire(this.#generation, 0)
    await Promise.all(this.#retiring.values())
    await this.#doorway.overload?.close()
    await this.#discovery.close()
    await this.#http.close()
    await this.#closeListeners()
    this.#state = 'closed'
    this.log.info({ cut }, 'stopped')
    return cut
  }

  async #openAdmin(address: AddressPlan): Promise<void> {
    this.#admin = await openAdmin(address, this.#adminView())
    this.log.info({ address: `${address.host}:${address.port}`, port: this.#admin.port }, 'admin listening')
  }

  async #open(plan: ListenerPlan): Promise<void> {
    const listener = await openListener(
      plan.name,
      plan,
      { ...this.plan, tls: plan.tls, http2: plan.http2 },
      {
        clock: this.#clock,
        sweep: this.#build.sweep,
        onSlow: (kind, response) => {
          this.#metrics.clientTimeout(kind)
          if (response !== null) stalled(response)
        },
        admit: (socket: Socket) => this.#gate.admit(socket),
        onArrival: (arrival: Arrival) => enter(this.#doorway, arrival),
        onBroken: breakOff,
        onRefused: (code, name) => this.#refused(code, name)
      }
    )
    this.#listeners.set(plan.name, listener)
    this.log.info({ address: plan.name, port: listener.port }, 'listening')
  }

  async #reload(plan: Plan): Promise<ReloadStatus> {
    if (this.#state === 'draining' || this.#state === 'closed') return this.#reloaded('rejected', ['the gateway is shutting down'])
    if (plan.hash === this.plan.hash) return this.#reloaded('unchanged', [])
    const switched = plan.listeners.flatMap((listener) => switchOf(this.plan.listeners, listener) ?? [])
    if (switched.length > 0) return this.#reloaded('rejected', switched)
    let next: Generation
    const opened: ListenerPlan[] = []
    try {
      next = await buildGeneration(plan, this.#build, { discoveryMs: FIRST_ANSWER_MS })
    } catch (error) {
      return this.#reloaded('rejected', [error instanceof Error ? error.message : String(error)])
    }
    try {
      for (const listener of plan.listeners) {
        if (this.#listeners.has(listener.name)) continue
        await this.#open(listener)
        opened.push(listener)
      }
    } catch (error) {
      await Promise.all(opened.map((listener) => this.#closeListener(listener.name)))
      await this.#retire(next, 0)
      return this.#reloaded('rejected', [error instanceof Error ? error.message : String(error)])
    }
    const old = this.#generation
    const pace = new Pace(this.#clock, nextTurn)
    const changes = await diffPlans(old.plan, plan, () => pace.step())
    await this.#install(next)
    await pace.rest()
    this.#announce(old, next, changes)
    return this.#reloaded('applied', [])
  }

  /** Makes a generation the current one: whatever has to be waited for first, then one assignment between two requests. */
  async #install(next: Generation): Promise<void> {
    const before = (this.#doorway as Doorway | undefined)?.overload ?? null
    const { plan } = next
    const isSame = JSON.stringify(plan.overload) === JSON.stringify(before?.plan ?? null)
    const overload = isSame ? before : plan.overload === null ? null : await watchOverload(plan.overload)
    this.#doorway = {
      generation: next,
      trusts: createTrustCheck(plan.trustedProxies),
      overload,
      onShed: () => this.#metrics.overloadRejected()
    }
    next.activate()
    if (before !== overload) await before?.close()
  }

  #announce(old: Generation, next: Generation, changes: PlanDiff): void {
    this.#metrics.generation(next.plan.hash)
    this.log.level = next.plan.log.level
    this.#gate.configure(next.plan.limits, this.#doorway.trusts)
    for (const { name, tls, http2 } of next.plan.listeners) this.#listeners.get(name)?.configure({ ...next.plan, tls, http2 })
    const kept = new Set(next.plan.listeners.map((listener) => listener.name))
    for (const name of this.#listeners.keys()) if (!kept.has(name)) void this.#closeListener(name)
    if (JSON.stringify(old.plan.admin) !== JSON.stringify(next.plan.admin)) {
      this.log.warn({}, 'the admin address changes with the next start only')
    }
    this.log.info({ hash: next.plan.hash, changes }, 'configuration applied')
    const upstreams = new Map(next.plan.routes.map(({ match, upstream }) => [match.name, upstream]))
    const isGone = ({ route }: OpenStream): boolean => upstreams.get(route.name) !== route.upstream
    this.#streams.drainWhere(isGone, next.plan.shutdown.drainMs)
    const retired = this.#retire(old, next.plan.shutdown.drainMs)
    this.#retiring.set(old, retired)
    void retired.then(() => this.#retiring.delete(old))
  }

  /** Never rejects: a plugin that fails at its end must not keep the others from theirs. */
  async #retire(generation: Generation, limitMs: number): Promise<void> {
    try {
      await generation.retire(this.#clock, limitMs)
    } catch (error) {
      this.log.error({ err: error }, 'a plugin failed at the end of its generation')
    }
  }

  #reloaded(result: ReloadStatus['result'], problems: readonly string[]): ReloadStatus {
    const status = { result, atMs: this.#clock.wall(), problems }
    this.#lastReload = status
    this.#metrics.reload(result)
    if (result === 'rejected') this.log.error({ problems }, 'configuration rejected, the running one stays')
    return status
  }

  async #closeListener(name: string): Promise<void> {
    const listener = this.#listeners.get(name)
    if (listener === undefined) return
    this.#listeners.delete(name)
    this.#leaving.add(listener)
    await listener.close()
    this.#leaving.delete(listener)
  }

  async #closeListeners(): Promise<void> {
    await Promise.all([...this.#listeners.keys()].map((name) => this.#closeListener(name)))
    await this.#admin?.close()
    this.#admin = null
  }

  /** Everything that is told about a request is told here, from its decision. */
  #complete(exchange: Exchange): void {
    const { decision, response } = exchange
    if (decision.status === 0) decision.status = response.statusCode
    const status = decision.clientAborted ? 499 : decision.status
    const durationMs = decision.endedMs - decision.startedMs
    exchange.runtime.metrics.complete(decision.method, status, durationMs, Math.max(0, durationMs - decision.gatherMs - upstreamMs(decision)))
    if (this.plan.log.access) writeAccessLine(this.log, exchange)
  }

  /** There is no request to speak of: neither method nor path can be trusted. */
  #refused(code: ErrorCode, listener: string): string {
    const requestId = this.#random.id()
    if (code === 'SP_REQUEST_TIMEOUT') this.#metrics.clientTimeout('headers')
    this.#generation.unmatched.metrics.complete('', ERRORS[code].status, 0, 0)
    this.log.warn({ requestId, code, listener }, 'a malformed request was refused')
    return requestId
  }

  #notReady(): readonly string[] {
    const waiting = [...this.#watches].flatMap(([upstream, watch]) => waitReason(upstream, watch.status) ?? [])
    return this.#state === 'running' ? waiting : [`the gateway is ${this.#state}`]
  }

  #adminView(): AdminView {
    return {
      plan: () => this.plan,
      upstreams: () => this.#generation.upstreams,
      routes: () => this.#generation.routes,
      now: () => this.#clock.now(),
      wall: () => this.#clock.wall(),
      lastReload: () => this.#lastReload,
      discovered: () => this.#watches,
      usage: () => this.#generation.usage,
      notReady: () => this.#notReady(),
      exposition: () => this.#metrics.exposition(),
      expositionType: this.#metrics.contentType,
      reload: () => this.#rereadConfig?.() ?? null
    }
  }
}
