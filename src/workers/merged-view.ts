import type { ReloadStatus } from '../admin/admin.ts'
import type { AdminAnswer, AdminDesk, FollowedService, ForcedMode, WorkerInfo } from '../admin/desk.ts'
import type { GatewayLook } from '../admin/look.ts'
import type { Plan } from '../config/plan.ts'
import type { Clock } from '../plugin-api/index.ts'
import type { BreakerSnapshot } from '../policy/breaker/types.ts'
import type { Metrics, PolicyOwner } from '../telemetry/metrics.ts'
import type { MetricSnapshot } from '../telemetry/snapshot.ts'
import { AskWorkers } from './ask-workers.ts'
import { mergeLooks } from './merge-looks.ts'
import type { SupervisorLine } from './messages.ts'
import type { WorkerMetrics } from './worker-metrics.ts'

/** What the admin listener asks of one worker that serves. */
export interface ViewedWorker {
  readonly number: number
  look(): Promise<GatewayLook>
  notReady(): Promise<readonly string[]>
  metrics(): Promise<readonly MetricSnapshot[]>
  usage(query: unknown): Promise<AdminAnswer>
  forceBreaker(owner: PolicyOwner, mode: ForcedMode): Promise<BreakerSnapshot | null>
}

export interface MergedViewOptions {
  readonly clock: Clock
  /** Name of the route for what matches none. */
  readonly unmatched: string
  readonly plan: () => Plan
  /** Those that serve. */
  readonly serving: () => readonly ViewedWorker[]
  /** All of them, and how busy each was since it was last asked: for `GET /workers` alone. */
  readonly workers: () => readonly WorkerInfo[]
  /** What keeps all from serving, a drain for instance. */
  readonly notReady: () => readonly string[]
  /** By name of the upstream. */
  readonly discovered: () => ReadonlyMap<string, FollowedService>
  /** Of the supervisor's own thread. */
  readonly metrics: Metrics
  readonly workerMetrics: WorkerMetrics
  readonly lastReload: () => ReloadStatus | null
  readonly reload: () => Promise<ReloadStatus> | null
}

/** Several workers as one gateway. */
export function createMergedView(options: MergedViewOptions): AdminDesk {
  const { clock, serving, workerMetrics } = options
  const asked = new AskWorkers(clock, serving)
  return {
    plan: options.plan,
    now: () => clock.now(),
    wall: () => clock.wall(),
    async look() {
      const looks = await asked.all((worker) => worker.look())
      return mergeLooks(looks.map(({ answer }) => answer))
    },
    discovered: options.discovered,
    usage: async (query) => (await asked.any((worker) => worker.usage(query)))?.answer ?? UNANSWERED,
    notReady: () => notReady(options, asked),
    lastReload: options.lastReload,
    async exposition() {
      // Each taken over as it comes: the worker may have ended when the last one answers.
      const update = async (worker: ViewedWorker): Promise<void> => workerMetrics.update(worker.number, await worker.metrics())
      const [own] = await Promise.all([options.metrics.snapshot(), asked.all(update)])
      const { routes, upstreams } = options.plan()
      return workerMetrics.exposition(own, {
        routes: new Set([options.unmatched, ...routes.map(({ match }) => match.name)]),
        upstreams: new Set(upstreams.map(({ name }) => name))
      })
    },
    expositionType: options.metrics.contentType,
    async forceBreaker(owner, mode) {
      const answered = await asked.any((worker) => worker.forceBreaker(owner, mode))
      if (answered === null) throw Object.assign(new Error('no worker answers'), { statusCode: 503 })
      return answered.answer
    },
    reload: options.reload,
    workers: options.workers
  }
}

const UNANSWERED: AdminAnswer = { status: 503, body: { error: 'no worker answers' } }

/**
 * A reason that all workers have is told once, others with the numbers of those who have them. A worker that has ended has no say while others serve: the system deals
 * connections out among those that listen. To one that hangs it still does.
 */
async function notReady({ serving, notReady: own }: MergedViewOptions, asked: AskWorkers<ViewedWorker>): Promise<readonly string[]> {
  const were = new Set(serving().map(({ number }) => number))
  const answers = await asked.all((worker) => worker.notReady())
  // Those that were asked and have not ended meanwhile.
  const all = serving().filter(({ number }) => were.has(number))
  if (serving().length === 0) return [...own(), 'no worker serves']
  const found = answers.flatMap(({ number, answer }) => answer.map((reason) => ({ number, reason })))
  for (const { number } of all) if (!answers.some((answered) => answered.number === number)) found.push({ number, reason: 'it does not answer' })
  const told = [...Map.groupBy(found, ({ reason }) => reason)].map(([reason, some]) => {
    if (some.length >= all.length && reason !== 'it does not answer') return reason
    return `${some.length === 1 ? 'worker' : 'workers'} ${some.map(({ number }) => number).join(', ')}: ${reason}`
  })
  return [...new Set([...own(), ...told])]
}

/** The way to a worker that serves. */
export function viewWorker(number: number, line: SupervisorLine): ViewedWorker {
  return {
    number,
    look: () => line.call('look', null),
    notReady: () => line.call('notReady', null),
    metrics: () => line.call('metrics', null),
    usage: (query) => line.call('usage', query),
    forceBreaker: (owner, mode) => line.call('forceBreaker', { owner, mode })
  }
}
