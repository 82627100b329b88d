import { forceBreaker } from '../admin/desk.ts'
import { lookAt } from '../admin/look.ts'
import { answerUsage } from '../admin/usage.ts'
import { formatIssue } from '../config/issue.ts'
import { loadSnapshot } from '../config/load.ts'
import type { Plan } from '../config/plan.ts'
import { wordsOf } from '../gateway/listen-problem.ts'
import type { SharedServices } from '../gateway/services.ts'
import { Gateway, type PreparedReload, ReloadRefused } from '../gateway.ts'
import type { Clock, PluginDefinition } from '../plugin-api/index.ts'
import { MemoryPermits } from '../stores/memory/permits.ts'
import { BreakerDirectory } from '../stores/shared/breaker-directory.ts'
import { createSharedLimitStore } from '../stores/shared/shared-limit-store.ts'
import type { GatewayLog } from '../telemetry/log.ts'
import { KnowledgeInbox } from './knowledge-inbox.ts'
import type { Prepared, Proposal, WorkerLine, WorkerStart } from './messages.ts'
import { RemoteChecks } from './remote-checks.ts'
import { RemoteDiscovery } from './remote-discovery.ts'
import { SharedOutPermits } from './share-permits.ts'
import { sharePlan } from './share-plan.ts'

export interface WorkerServices {
  readonly line: WorkerLine
  readonly clock: Clock
  readonly log: GatewayLog
  readonly builtins: readonly PluginDefinition[]
}

/** Serves as one worker of several, as the supervisor at the other end of the line says. */
export function serve(start: WorkerStart, services: WorkerServices): void {
  const { line } = services
  const worker = new Worker(start, services)
  line.answer('prepare', (proposal) => worker.prepare(proposal))
  line.answer('commit', () => worker.commit())
  line.answer('discard', () => worker.discard())
  line.answer('close', () => worker.close())
  line.answer('look', () => lookAt(worker.gateway.view))
  line.answer('notReady', () => worker.gateway.view.notReady())
  line.answer('metrics', () => worker.gateway.metrics.snapshot())
  line.answer('usage', (query) => answerUsage(query, worker.gateway.view))
  line.answer('forceBreaker', ({ owner, mode }) => forceBreaker(worker.gateway.view, owner, mode))
}

class Worker {
  readonly #start: WorkerStart
  readonly #services: WorkerServices
  readonly #shared: SharedServices
  readonly #inbox: KnowledgeInbox
  #gateway: Gateway | null = null
  #prepared: PreparedReload | null = null

  constructor(start: WorkerStart, services: WorkerServices) {
    this.#start = start
    this.#services = services
    this.#shared = shareServices(start, services)
    this.#inbox = new KnowledgeInbox(services.clock)
    services.line.on('knowledge', (notice) => this.#inbox.receive(notice))
  }

  get gateway(): Gateway {
    if (this.#gateway === null) throw new Error('the worker is starting')
    return this.#gateway
  }

  async prepare({ source, hash, ports }: Proposal): Promise<Prepared> {
    const compiled = await loadSnapshot(source, { builtins: this.#services.builtins })
    if (!compiled.ok) return { ok: false, problems: compiled.issues.filter(({ severity }) => severity === 'error').map(formatIssue) }
    // All but the code of plugins came with the proposal.
    if (compiled.plan.hash !== hash) return { ok: false, problems: ['a file of a plugin has changed while the configuration was read'] }
    const plan = sharePlan(compiled.plan, { number: this.#start.worker, workers: this.#start.workers })
    try {
      this.#prepared = await (this.#gateway === null ? this.#begin(plan, ports) : this.#gateway.prepare(plan, ports))
      return { ok: true, ports: this.#prepared.ports }
    } catch (error) {
      return { ok: false, problems: error instanceof ReloadRefused ? error.problems : [wordsOf(error, plan)] }
    }
  }

  commit(): null {
    this.#prepared?.commit()
    this.#prepared = null
    return null
  }

  async discard(): Promise<null> {
    await this.#prepared?.discard()
    this.#prepared = null
    return null
  }

  async close(): Promise<{ readonly cut: number }> {
    const cut = (await this.#gateway?.close()) ?? 0
    // The thread ends with the answer.
    await new Promise<void>((resolve) => {
      this.#services.log.flush(() => resolve())
    })
    return { cut }
  }

  /** The first configuration: it serves from now on, there is nothing to swap. */
  async #begin(plan: Plan, ports: Proposal['ports']): Promise<PreparedReload> {
    const { clock, log } = this.#services
    const gateway = await Gateway.create({ plan, clock, log, shared: this.#shared })
    await gateway.listen(ports)
    this.#gateway = gateway
    this.#inbox.open((upstream, knowledge) => gateway.learn(upstream, knowledge))
    return {
      ports: gateway.ports,
      commit() {},
      discard: async () => {
        await gateway.close()
      }
    }
  }
}

function shareServices({ worker, workers, limits, breakers }: WorkerStart, { line, clock, log }: WorkerServices): SharedServices {
  const discovery = new RemoteDiscovery({
    services: (ask) => line.call('services', ask),
    watch: (notice) => line.tell('watch', notice),
    unwatch: (notice) => line.tell('unwatch', notice)
  })
  const checks = new RemoteChecks({ check: (notice) => line.tell('check', notice), uncheck: (notice) => line.tell('uncheck', notice) })
  line.on('instances', (notice) => discovery.receive(notice))
  line.on('checked', (notice) => checks.receive(notice))
  return {
    memoryLimits: (onLiveEviction) => createSharedLimitStore(limits, { clock, worker, onLiveEviction }),
    memoryPermits: new SharedOutPermits(new MemoryPermits(), { number: worker, workers }),
    breakerMemories: new BreakerDirectory(breakers, worker, (name) => log.warn({ name }, 'no more room for a breaker that all workers share')),
    prepareDiscovery: (plan) =>
      discovery.prepare(
        plan.discovery,
        plan.upstreams.flatMap(({ discovery: query }) => query ?? [])
      ),
    check: (options) => checks.start(options),
    onHealth: (upstream, event) => line.tell('health', { upstream, event })
  }
}
