import { setTimeout as delay } from 'node:timers/promises'
import { closedLoop } from '../drive/closed-loop.ts'
import { plainLoop } from '../drive/plain-loop.ts'
import { openLoop, type OpenLoopResult } from '../drive/open-loop.ts'
import { wrk } from '../drive/wrk.ts'
import { stolenMs } from '../process/proc.ts'
import { median } from '../report/summary.ts'
import { type Context, type Figures, residentMib, warmUpSeconds, withCpuInCalm } from './context.ts'

const LONG_BYTES = 65_536
/** After a pair that lost more, the machine is left alone for so long. */
const REST_MS = 2000
/** Of two slices on all cores; a tick of the kernel's own account. One pause of that length is the slowest hundredth of a second. */
const CALM_MS = 10
/** Of the whole warm-up, before the first slice counts. */
const OPEN_WARM_UP = 1 / 3

/** CPU and throughput in a closed loop, the same by wrk, then what is added to the latency at half of that rate. */
export async function measureHttp(context: Context<'http'>): Promise<Figures> {
  const { work, target, amounts } = context
  const load = { connections: work.connections, seconds: amounts.seconds }
  const warmUp = { ...load, seconds: warmUpSeconds(context) }
  const loop = work.expected.length > LONG_BYTES ? plainLoop : closedLoop
  // wrk leaves the contestant more to do meanwhile.
  await (amounts.wrk ? wrk(context.scene.folder, target, work.requests, warmUp) : loop(target, work.requests, warmUp))
  const { result, cpuUs, busy } = await withCpuInCalm(context, () => loop(target, work.requests, load))
  const rate = result.answers / result.seconds
  const figures = { cpuUs: cpuUs / result.answers, rate, busy, p50: result.latency.p50, p99: result.latency.p99 }
  const checked = amounts.wrk ? await withWrk(context) : {}
  const latencies = work.latency ? await addedLatency(context, Math.max(1, Math.round(rate / 2))) : {}
  return { ...figures, ...checked, ...latencies, peakMib: residentMib(context).peak }
}

async function withWrk(context: Context<'http'>): Promise<Figures> {
  const { scene, work, target, amounts } = context
  const load = { connections: work.connections, seconds: amounts.seconds }
  const { result, cpuUs, busy } = await withCpuInCalm(context, () => wrk(scene.folder, target, work.requests, load))
  return { wrkCpuUs: cpuUs / result.answers, wrkRate: result.answers / result.seconds, wrkBusy: busy }
}

/**
 * In slices of a second, through the contestant and straight to the origin in turn: a moment in which the machine stands still is then in one slice, and not in all of what is
 * added. A slice has connections of its own. On a virtual machine whose host had others to serve meanwhile, more pairs of slices are tried, and those count that lost least.
 */
async function addedLatency(context: Context<'http'>, rate: number): Promise<Figures> {
  const { work, target, direct, amounts } = context
  const load = { rate, seconds: Math.min(1, amounts.latencySeconds), connections: work.connections, isWarm: true }
  const wanted = Math.ceil(amounts.latencySeconds)
  // What is compiled while it runs is compiled again for requests that come one by one, and connections that come and go.
  await openLoop(target, work.requests, { ...load, seconds: warmUpSeconds(context) * OPEN_WARM_UP })
  const tried: Pair[] = []
  const most = wanted * amounts.tries
  while (tried.length < most && calmPairs(tried, wanted).length < wanted) {
    const before = stolenMs()
    const through = await openLoop(target, work.requests, load)
    const straight = await openLoop(direct, work.requests, load)
    const pair = { through, straight, stolenMs: stolenMs() - before }
    tried.push(pair)
    if (pair.stolenMs > CALM_MS && tried.length < most) await delay(REST_MS)
  }
  const failures = tried.reduce((sum, { through, straight }) => sum + through.failures + straight.failures, 0)
  if (failures > 0) throw new Error(`${failures} requests failed at ${rate} a second`)
  const calm = calmPairs(tried, wanted)
  const pairs = calm.length < wanted ? tried.toSorted((a, b) => a.stolenMs - b.stolenMs).slice(0, wanted) : calm
  const added = (key: 'p50' | 'p99' | 'p999'): number => median(pairs.map(({ through, straight }) => through.latency[key] - straight.latency[key]))
  const usual = (key: 'p50' | 'p99' | 'p999'): number => median(pairs.map(({ straight }) => straight.latency[key]))
  return {
    openRate: rate,
    addedP50: added('p50'),
    addedP99: added('p99'),
    addedP999: added('p999'),
    directP50: usual('p50'),
    directP99: usual('p99'),
    directP999: usual('p999'),
    pairsTried: tried.length,
    stolenMs: median(pairs.map((pair) => pair.stolenMs))
  }
}

interface Pair {
  readonly through: OpenLoopResult
  readonly straight: OpenLoopResult
  readonly stolenMs: number
}

/** As many as are wanted of those that lost next to nothing. */
function calmPairs(pairs: readonly Pair[], wanted: number): readonly Pair[] {
  return pairs.filter((pair) => pair.stolenMs <= CALM_MS).slice(0, wanted)
}
