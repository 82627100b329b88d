import { type AdminListener, openAdminDesk, type ReloadStatus } from '../admin/admin.ts'
import { diffPlans } from '../config/diff.ts'
import type { Plan } from '../config/plan.ts'
import type { ConfigSnapshot } from '../config/snapshot.ts'
import { createDiscovery } from '../discovery/discovery.ts'
import { switchOf } from '../gateway/doors.ts'
import { warnOfRestart } from '../gateway/restart-settings.ts'
import { wordsOf } from '../gateway/listen-problem.ts'
import type { RunningGateway } from '../gateway/running.ts'
import { UNMATCHED } from '../generation/routes.ts'
import { createStateRegistry } from '../generation/registry.ts'
import type { Clock, Random } from '../plugin-api/index.ts'
import { type GatewayLog, writeDiscoveryLine, writeHealthLine } from '../telemetry/log.ts'
import { droppedLines, giveLines } from '../telemetry/line-batch.ts'
import { discoveryGauges } from '../telemetry/discovery-gauges.ts'
import { createMetrics, type Metrics } from '../telemetry/metrics.ts'
import { startChecks } from '../upstream/checks.ts'
import { CheckHub } from './check-hub.ts'
import { Crew } from './crew.ts'
import { DiscoveryHub } from './discovery-hub.ts'
import { HealthRelay } from './health-relay.ts'
import { attachHubs, detachHubs, type Hubs } from './hubs.ts'
import { createMergedView } from './merged-view.ts'
import { checkFree } from './ports.ts'
import { SharedKnowledge } from './shared-knowledge.ts'
import { WorkerMetrics } from './worker-metrics.ts'

export interface SupervisorOptions {
  readonly plan: Plan
  /** What the plan was compiled from. */
  readonly source: ConfigSnapshot
  readonly workers: number
  readonly log: GatewayLog
  /** Of one time for all threads. */
  readonly clock: Clock
  readonly random: Random
  /** Reads the configuration again, for `POST /reload`; it is expected to call `reload` or `rejectReload`. */
  readonly rereadConfig?: () => Promise<ReloadStatus>
}

/** Beyond the limits of a stop: a thread that is not done by then hangs. */
const CLOSE_SPARE_MS = 5000

/** Several workers as one gateway: it has their configuration, their admin listener, and does once what all of them need. */
export class Supervisor implements RunningGateway {
  readonly log: GatewayLog
  readonly #options: SupervisorOptions
  readonly #crew: Crew
  readonly #hubs: Hubs
  readonly #metrics: Metrics = createMetrics()
  readonly #workerMetrics = new WorkerMetrics()
  #running: { readonly plan: Plan; readonly source: ConfigSnapshot }
  #admin: AdminListener | null = null
  #lastReload: ReloadStatus | null = null
  /** Reloads and new workers, one after the other. */
  #turn: Promise<unknown> = Promise.resolve()
  #state: 'starting' | 'running' | 'draining' | 'closed' = 'starting'

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.log = options.log
    this.#running = { plan: options.plan, source: options.source }
    this.#hubs = createHubs(options)
    this.#crew = this.#createCrew()
    this.#metrics.generation(options.plan.hash)
    this.#metrics.observeLog(() => droppedLines(this.log))
    this.#metrics.observeDiscovery(() => discoveryGauges(this.#hubs.discovery.discovered.values()))
  }

  get plan(): Plan {
    return this.#running.plan
  }

  get adminPort(): number | null {
    return this.#admin?.port ?? null
  }

  get upstreamsWithoutEndpoints(): readonly string[] {
    return [...this.#hubs.discovery.discovered].flatMap(([upstream, { instances }]) => (instances.length === 0 ? [upstream] : []))
  }

  port(listener = this.plan.listeners[0]?.name ?? ''): number {
    const port = this.#crew.ports[listener]
    if (port === undefined) throw new Error(`no listener ${listener}`)
    return port
  }

  async listen(): Promise<void> {
    const { plan } = this
    try {
      if (plan.admin !== null) await this.#openAdmin(plan.admin)
      await checkFree(plan.listeners)
      await this.#hubs.discovery.prepare(plan)
      this.#hubs.discovery.apply()
      await this.#crew.start(plan.listeners.every(({ port }) => port !== 0))
    } catch (error) {
      await this.#closeRest()
      throw error
    }
    this.#state = 'running'
    for (const { name } of plan.listeners) this.log.info({ address: name, port: this.port(name), workers: this.#options.workers }, 'listening')
  }

  reload(plan: Plan, source: ConfigSnapshot): Promise<ReloadStatus> {
    return this.#inTurn(() => this.#reload(plan, source))
  }

  rejectReload(problems: readonly string[]): ReloadStatus {
    return this.#reloaded('rejected', problems)
  }

  async close(): Promise<number> {
    if (this.#state === 'draining' || this.#state === 'closed') return 0
    this.#state = 'draining'
    const { delayMs, drainMs } = this.plan.shutdown
    this.log.info({ delayMs, drainMs }, 'draining')
    // Behind a reload or the start of a worker that is under way.
    const cut = await this.#inTurn(() => this.#crew.close(delayMs + drainMs + CLOSE_SPARE_MS))
    await this.#closeRest()
    this.#state = 'closed'
    this.log.info({ cut }, 'stopped')
    return cut
  }

  async #reload(plan: Plan, source: ConfigSnapshot): Promise<ReloadStatus> {
    if (this.#state !== 'running') return this.#reloaded('rejected', ['the gateway is shutting down'])
    const before = this.plan
    if (plan.hash === before.hash) return this.#reloaded('unchanged', [])
    const problems = await this.#prepare(plan, source)
    if (problems.length > 0) {
      this.#hubs.discovery.discard()
      return this.#reloaded('rejected', problems)
    }
    // Whoever is started from here on begins with it.
    this.#running = { plan, source }
    this.#hubs.discovery.apply()
    await this.#crew.commit()
    this.#metrics.generation(plan.hash)
    this.log.level = plan.log.level
    warnOfRestart(this.log, before, plan)
    this.log.info({ hash: plan.hash, changes: await diffPlans(before, plan) }, 'configuration applied')
    return this.#reloaded('applied', [])
  }

  /** @returns what keeps the workers from running it */
  async #prepare(plan: Plan, source: ConfigSnapshot): Promise<readonly string[]> {
    const { listeners } = this.plan
    const switched = plan.listeners.flatMap((listener) => switchOf(listeners, listener) ?? [])
    if (switched.length > 0) return switched
    try {
      await checkFree(plan.listeners.filter(({ name }) => !listeners.some((old) => old.name === name)))
      await this.#hubs.discovery.prepare(plan)
      return await this.#crew.prepare({ source, hash: plan.hash, ports: this.#crew.ports })
    } catch (error) {
      return [wordsOf(error, plan)]
    }
  }

  #reloaded(result: ReloadStatus['result'], problems: readonly string[]): ReloadStatus {
    const status = { result, atMs: this.#options.clock.wall(), problems }
    this.#lastReload = status
    this.#metrics.reload(result)
    if (result === 'rejected') this.log.error({ problems }, 'configuration rejected, the running one stays')
    return status
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(run)
    // One that failed in an unforeseen way must not be the last one.
    this.#turn = done.catch(() => {})
    return done
  }

  #createCrew(): Crew {
    const { workers, clock, random, log } = this.#options
    const knowledge = new SharedKnowledge(workers)
    const { limits, breakers } = knowledge
    const restarts = this.#metrics.workerRestarts()
    return new Crew({
      workers,
      clock,
      log,
      random: () => random.next(),
      startOf: (worker) => ({ worker, workers, limits, breakers, logLevel: this.plan.log.level }),
      proposal: () => ({ source: this.#running.source, hash: this.plan.hash, ports: {} }),
      inTurn: (run) => this.#inTurn(run),
      onStart: (worker, line) => attachHubs(this.#hubs, worker, line),
      onEnd: (worker) => {
        knowledge.recover(worker)
        detachHubs(this.#hubs, worker)
        this.#workerMetrics.end(worker)
      },
      onRestart: () => restarts.inc()
    })
  }

  async #openAdmin(address: NonNullable<Plan['admin']>): Promise<void> {
    const view = createMergedView({
      clock: this.#options.clock,
      unmatched: UNMATCHED,
      plan: () => this.plan,
      serving: () => this.#crew.serving,
      workers: () => this.#crew.infos,
      notReady: () => (this.#state === 'running' ? [] : [`the gateway is ${this.#state}`]),
      discovered: () => this.#hubs.discovery.discovered,
      metrics: this.#metrics,
      workerMetrics: this.#workerMetrics,
      lastReload: () => this.#lastReload,
      reload: () => this.#options.rereadConfig?.() ?? null
    })
    this.#admin = await openAdminDesk(address, view)
    this.log.info({ address: `${address.host}:${address.port}`, port: this.#admin.port }, 'admin listening')
  }

  async #closeRest(): Promise<void> {
    await this.#admin?.close()
    this.#admin = null
    this.#hubs.checks.close()
    await this.#hubs.discovery.close()
  }
}

function createHubs({ clock, random, log }: SupervisorOptions): Hubs {
  const discovery = new DiscoveryHub(
    (onEvent) =>
      createDiscovery({
        clock,
        random,
        onEvent(name, event) {
          writeDiscoveryLine(log, name, event)
          onEvent(name, event)
        },
        onTrouble: (message, error) => log.warn({ err: error }, message),
        warn: (message) => log.warn({}, message)
      }),
    createStateRegistry()
  )
  return {
    discovery,
    checks: new CheckHub((check) => startChecks({ ...check, clock, random: () => random.next() })),
    health: new HealthRelay({ clock, onHealth: (upstream, event) => writeHealthLine(log, upstream, event) }),
    writeLines: (lines) => giveLines(log, lines)
  }
}
