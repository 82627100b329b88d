import { waitReason } from './admin/discovered.ts'
import { type AdminListener, type AdminView, openAdmin, type ReloadStatus } from './admin/admin.ts'
import { diffPlans, type PlanDiff } from './config/diff.ts'
import type { AddressPlan, Plan } from './config/plan.ts'
import { ERRORS, type ErrorCode } from './errors.ts'
import type { ServiceWatch } from './discovery/service-watch.ts'
import { Doors, type KnownPorts, switchOf } from './gateway/doors.ts'
import { wordsOf } from './gateway/listen-problem.ts'
import type { RunningGateway } from './gateway/running.ts'
import { warnOfRestart } from './gateway/restart-settings.ts'
import { createServices, type GatewayServices, type SharedServices } from './gateway/services.ts'
import { buildGeneration } from './generation/build.ts'
import type { Generation } from './generation/generation.ts'
import { learnHealth } from './generation/learn-health.ts'
import { Pace } from './generation/pace.ts'
import { ConnectionGate } from './http/connection-gate.ts'
import { breakOff, type Doorway, enter, stalled } from './http/front-door.ts'
import { type OverloadGuard, watchOverload } from './http/overload.ts'
import { createTrustCheck } from './http/peer.ts'
import type { Clock, Random } from './plugin-api/index.ts'
import type { HealthKnowledge } from './policy/health/types.ts'
import { upstreamMs } from './proxy/decision.ts'
import type { Exchange } from './proxy/exchange.ts'
import type { OpenStream } from './proxy/open-streams.ts'
import { systemClock } from './system/clock.ts'
import { nextSlice } from './system/long-work.ts'
import { createSystemRandom } from './system/random.ts'
import { AccessLog } from './telemetry/access-log.ts'
import { droppedLines } from './telemetry/line-batch.ts'
import { createLog, type GatewayLog } from './telemetry/log.ts'
import { createMetrics, type Metrics } from './telemetry/metrics.ts'
import { discoveryGauges } from './telemetry/discovery-gauges.ts'
import { breakerGauges, bulkheadGauges, upstreamGauges } from './telemetry/upstream-gauges.ts'

export interface GatewayOptions {
  readonly plan: Plan
  readonly log?: GatewayLog
  readonly clock?: Clock
  readonly random?: Random
  /** Reads the configuration again, for `POST /reload`; it is expected to call `reload` or `rejectReload`. */
  readonly rereadConfig?: () => Promise<ReloadStatus>
  /** Of a gateway that is one of several in this process: it has no admin listener, and others may listen where it does. */
  readonly shared?: SharedServices
}

/** A reload that can be done without fail, or left. */
export interface PreparedReload {
  /** What the gateway listens on, by name of the listener. */
  readonly ports: KnownPorts
  /** One assignment between two requests. */
  commit(): void
  discard(): Promise<void>
}

/** A configuration that cannot be taken over. */
export class ReloadRefused extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(problems.join('; '))
    this.problems = problems
  }
}

/** How long a reload waits for the first answers about services that are new. */
const FIRST_ANSWER_MS = 5000

/**
 * The composition root: builds every long-lived object once and wires them together. Configurations come and go through `reload`;
 * listeners, connection pools, counters and metrics stay.
 */
export class Gateway implements RunningGateway {
  readonly #clock: Clock
  readonly #random: Random
  readonly #doors: Doors
  readonly #services: GatewayServices
  readonly #gate: ConnectionGate
  readonly #isAlone: boolean
  readonly #rereadConfig: (() => Promise<ReloadStatus>) | undefined
  /** Generations that still have requests, and the end of each. */
  readonly #retiring = new Map<Generation, Promise<void>>()
  readonly log: GatewayLog
  readonly #accessLog: AccessLog
  readonly metrics: Metrics = createMetrics()
  #doorway: Doorway
  #admin: AdminListener | null = null
  #lastReload: ReloadStatus | null = null
  /** Reloads are serialised: each waits for the one before. */
  #reloading: Promise<unknown> = Promise.resolve()
  #state: 'starting' | 'running' | 'draining' | 'closed' = 'starting'

  /** @throws PluginBuildError when a plugin cannot be set up. */
  static async create(options: GatewayOptions): Promise<Gateway> {
    const { plan } = options
    const gateway = new Gateway(options)
    const generation = await buildGeneration(plan, gateway.#services, { discoveryMs: 0 })
    gateway.#install(generation, plan.overload === null ? null : await watchOverload(plan.overload))
    gateway.metrics.generation(plan.hash)
    return gateway
  }

  private constructor({ plan, clock = systemClock, random = createSystemRandom(), log, rereadConfig, shared }: GatewayOptions) {
    this.#clock = clock
    this.#random = random
    this.log = log ?? createLog(plan.log.level, clock)
    this.#accessLog = new AccessLog(this.log)
    this.#rereadConfig = rereadConfig
    this.#isAlone = shared === undefined
    this.#doorway = undefined as unknown as Doorway
    this.#gate = new ConnectionGate(plan.limits, createTrustCheck(plan.trustedProxies), (limit) => this.metrics.connectionRefused(limit))
    this.#services = createServices({
      clock,
      random,
      log: this.log,
      metrics: this.metrics,
      shared: shared ?? null,
      onComplete: (exchange) => this.#complete(exchange)
    })
    this.#doors = this.#createDoors()
    this.#observe()
  }

  #createDoors(): Doors {
    return new Doors({
      reusePort: !this.#isAlone,
      onOpen: ({ name, port }) => this.#tell({ address: name, port }, 'listening'),
      services: {
        clock: this.#clock,
        sweep: this.#services.sweep,
        onSlow: (kind, response) => {
          this.metrics.clientTimeout(kind)
          if (response !== null) stalled(response)
        },
        admit: (socket) => this.#gate.admit(socket),
        onArrival: (arrival) => enter(this.#doorway, arrival),
        onBroken: breakOff,
        onRefused: (code, name) => this.#refused(code, name)
      }
    })
  }

  #observe(): void {
    const now = (): number => this.#clock.now()
    this.metrics.observeConnections(() => this.#doors.open.map(({ name, connections }) => [name, connections] as const))
    this.metrics.observeUpstreams(() => upstreamGauges(this.#generation, now()))
    this.metrics.observeDiscovery(() => discoveryGauges(this.#watches.values()))
    this.metrics.observeBreakers(() => breakerGauges(this.#generation, now()))
    this.metrics.observeRedis(() => this.#generation.redis?.isUp ?? null)
    this.metrics.observeBulkheads(() => bulkheadGauges(this.#generation))
    this.metrics.observeLog(() => droppedLines(this.log))
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
    return this.#doors.port(listener)
  }

  get ports(): KnownPorts {
    return this.#doors.ports
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
    return this.#services.registry.keys
  }

  /** Generations that are running or still have requests. */
  get generations(): number {
    return 1 + this.#retiring.size
  }

  /**
   * Opens the admin listener, then the listeners.
   * @param ports Where other workers listen already.
   * @throws the system's error when an address is taken; nothing stays open then.
   */
  async listen(ports: KnownPorts = {}): Promise<void> {
    try {
      if (this.plan.admin !== null && this.#isAlone) await this.#openAdmin(this.plan.admin)
      await this.#doors.add(this.plan, ports)
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

  /**
   * The first half of a reload: all that may fail. Nothing of the running configuration changes by it. Only one at a time, and never beside `reload`.
   * @throws ReloadRefused
   */
  async prepare(plan: Plan, ports: KnownPorts = {}): Promise<PreparedReload> {
    if (this.#state === 'draining' || this.#state === 'closed') throw new ReloadRefused(['the gateway is shutting down'])
    const switched = plan.listeners.flatMap((listener) => switchOf(this.plan.listeners, listener) ?? [])
    if (switched.length > 0) throw new ReloadRefused(switched)
    try {
      return await this.#prepare(plan, ports)
    } catch (error) {
      throw new ReloadRefused([wordsOf(error, plan)])
    }
  }

  /** Takes over what another worker has found out about an endpoint. */
  learn(upstream: string, knowledge: HealthKnowledge): void {
    learnHealth(this.#generation.upstreams, upstream, knowledge, this.#clock.now())
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
    this.#tell({ delayMs, drainMs }, 'draining')
    for (const listener of this.#doors.open) listener.drain()
    if (delayMs > 0)
      await new Promise<void>((resolve) => {
        this.#clock.after(delayMs, resolve)
      })
    await this.#reloading
    const listeners = this.#doors.all
    const { streams } = this.#services
    // Without clients nothing new is opened; what is left then is an upstream that has yet to answer its Close.
    const closing = Promise.all(listeners.map((listener) => listener.close())).then(() => streams.idle())
    streams.drain(drainMs)
    await Promise.race([
      closing,
      new Promise<void>((resolve) => {
        this.#clock.after(drainMs, resolve)
      })
    ])
    const running = [this.#generation, ...this.#retiring.keys()].reduce((sum, generation) => sum + generation.inFlight, 0)
    // WebSockets may have outlived their generation's own limit.
    const cut = Math.max(running, streams.size)
    streams.destroy()
    for (const listener of listeners) listener.destroy()
    await closing
    await this.#retire(this.#generation, 0)
    await Promise.all(this.#retiring.values())
    await this.#doorway.overload?.close()
    await this.#services.close()
    await this.#closeListeners()
    this.#state = 'closed'
    this.#tell({ cut }, 'stopped')
    return cut
  }

  async #openAdmin(address: AddressPlan): Promise<void> {
    this.#admin = await openAdmin(address, this.view)
    this.log.info({ address: `${address.host}:${address.port}`, port: this.#admin.port }, 'admin listening')
  }

  async #reload(plan: Plan): Promise<ReloadStatus> {
    const isEnding = this.#state === 'draining' || this.#state === 'closed'
    if (plan.hash === this.plan.hash && !isEnding) return this.#reloaded('unchanged', [])
    try {
      const prepared = await this.prepare(plan)
      prepared.commit()
      return this.#reloaded('applied', [])
    } catch (error) {
      if (error instanceof ReloadRefused) return this.#reloaded('rejected', error.problems)
      throw error
    }
  }

  async #prepare(plan: Plan, ports: KnownPorts): Promise<PreparedReload> {
    const next = await buildGeneration(plan, this.#services, { discoveryMs: FIRST_ANSWER_MS })
    const before = this.#doorway.overload
    let overload: OverloadGuard | null = null
    let opened: readonly string[] = []
    const discard = async (): Promise<void> => {
      await this.#doors.close(opened)
      if (overload !== before) await overload?.close()
      await this.#retire(next, 0)
    }
    try {
      const isSame = JSON.stringify(plan.overload) === JSON.stringify(before?.plan ?? null)
      overload = isSame ? before : plan.overload === null ? null : await watchOverload(plan.overload)
      opened = await this.#doors.add(plan, ports)
    } catch (error) {
      await discard()
      throw error
    }
    const pace = new Pace(this.#clock, nextSlice)
    const changes = await diffPlans(this.plan, plan, () => pace.step())
    return { ports: this.#doors.ports, commit: () => this.#commit(next, overload, changes), discard }
  }

  #commit(next: Generation, overload: OverloadGuard | null, changes: PlanDiff): void {
    const { generation: old, overload: before } = this.#doorway
    this.#install(next, overload)
    if (before !== overload) void before?.close()
    this.#announce(old, next, changes)
  }

  /** Makes a generation the current one. */
  #install(generation: Generation, overload: OverloadGuard | null): void {
    const trusts = createTrustCheck(generation.plan.trustedProxies)
    this.#doorway = { generation, trusts, overload, onShed: () => this.metrics.overloadRejected() }
    generation.activate()
  }

  /** Of several workers the supervisor tells once what all of them do. */
  #tell(facts: object, message: string): void {
    if (this.#isAlone) this.log.info(facts, message)
    else this.log.debug(facts, message)
  }

  #announce(old: Generation, next: Generation, changes: PlanDiff): void {
    this.metrics.generation(next.plan.hash)
    this.log.level = next.plan.log.level
    this.#gate.configure(next.plan.limits, this.#doorway.trusts)
    this.#doors.configure(next.plan)
    if (this.#isAlone) warnOfRestart(this.log, old.plan, next.plan)
    this.#tell({ hash: next.plan.hash, changes }, 'configuration applied')
    const upstreams = new Map(next.plan.routes.map(({ match, upstream }) => [match.name, upstream]))
    const isGone = ({ route }: OpenStream): boolean => upstreams.get(route.name) !== route.upstream
    this.#services.streams.drainWhere(isGone, next.plan.shutdown.drainMs)
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
    this.metrics.reload(result)
    if (result === 'rejected') this.log.error({ problems }, 'configuration rejected, the running one stays')
    return status
  }

  async #closeListeners(): Promise<void> {
    await this.#doors.close()
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
    if (this.plan.log.access) this.#accessLog.write(exchange)
  }

  /** There is no request to speak of: neither method nor path can be trusted. */
  #refused(code: ErrorCode, listener: string): string {
    const requestId = this.#random.id()
    if (code === 'SP_REQUEST_TIMEOUT') this.metrics.clientTimeout('headers')
    this.#generation.unmatched.metrics.complete('', ERRORS[code].status, 0, 0)
    this.log.warn({ requestId, code, listener }, 'a malformed request was refused')
    return requestId
  }

  #notReady(): readonly string[] {
    const waiting = [...this.#watches].flatMap(([upstream, watch]) => waitReason(upstream, watch.status) ?? [])
    return this.#state === 'running' ? waiting : [`the gateway is ${this.#state}`]
  }

  /** What the admin listener shows of it. */
  get view(): AdminView {
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
      exposition: () => {
        const pace = new Pace(this.#clock, nextSlice)
        return this.metrics.exposition(() => pace.step())
      },
      expositionType: this.metrics.contentType,
      reload: () => this.#rereadConfig?.() ?? null
    }
  }
}
