import { setTimeout } from 'node:timers/promises'
import { requestsFor } from '../cases/parts.ts'
import type { Setup } from '../contestants/types.ts'
import { askUntil } from '../drive/ask.ts'
import { openLoop, type OpenLoopResult } from '../drive/open-loop.ts'
import type { BenchRequest } from '../drive/request.ts'
import { type Context, type Figures, residentMib } from './context.ts'

const QUIET_SECONDS = 2
const PROBED_SECONDS = 6
const RELOAD_AFTER_MS = 1000
const RELOAD_LIMIT_MS = 60_000
/** A contestant that is asked more often has less time for what it is asked about. */
const ASK_EVERY_MS = 5

export async function measureStart(context: Context<'start'>): Promise<Figures> {
  return { startMs: context.startMs, rssMib: residentMib(context).now }
}

export async function measureReload(context: Context<'reload'>): Promise<Figures> {
  const { work, startMs } = context
  const rssMib = residentMib(context).now
  const quiet = await probe(context, QUIET_SECONDS)
  const reloads: { readonly ms: number; readonly probed: OpenLoopResult }[] = []
  for (let time = 1; time <= work.times; time++) {
    const probing = probe(context, PROBED_SECONDS)
    await setTimeout(RELOAD_AFTER_MS)
    const ms = await reload(context, time)
    reloads.push({ ms, probed: await probing })
  }
  return {
    startMs,
    reloadMs: median(reloads.map(({ ms }) => ms)),
    longestMs: Math.max(...reloads.map(({ probed }) => probed.latency.max)),
    p99Ms: median(reloads.map(({ probed }) => probed.latency.p99)),
    quietMs: quiet.latency.max,
    failures: quiet.failures + reloads.reduce((sum, { probed }) => sum + probed.failures, 0),
    reopened: reloads.reduce((sum, { probed }) => sum + probed.reopened, 0),
    rssMib,
    peakMib: residentMib(context).peak
  }
}

function probe({ item, work, target }: Context<'reload'>, seconds: number): Promise<OpenLoopResult> {
  const path = `${item.routes.at(-1)?.prefix ?? ''}/small`
  return openLoop(target, [getOf(path)], { rate: work.probesPerSecond, seconds, connections: 8, patienceMs: RELOAD_LIMIT_MS })
}

/** Each adds a route to those of before, and is done when it answers. */
async function reload({ running, setup, target }: Context<'reload'>, time: number): Promise<number> {
  const added = Array.from({ length: time }, (_, index) => ({ name: `added-${index + 1}`, prefix: `/added-${index + 1}`, upstream: index }))
  const next: Setup = { ...setup, routes: [...setup.routes, ...added] }
  const begun = performance.now()
  await running.reload?.(next)
  const limit = { ms: RELOAD_LIMIT_MS, everyMs: ASK_EVERY_MS, isGone: () => running.isGone() }
  await askUntil(target, getOf(`/added-${time}/small`), ({ status }) => status === 200, limit)
  return performance.now() - begun
}

function getOf(path: string): BenchRequest {
  const [request] = requestsFor(() => path)
  return request as BenchRequest
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}
