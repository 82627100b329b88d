// CPU per forwarded request and throughput, interleaved: all contestants are alive at once on one core and get slices of load in turn, so that whatever the
// machine does to one it does to the others a moment later. Or, with --fresh, one after the other, in fresh processes whose load never pauses. The figures to quote are the ratios,
// which are made within a round.
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { CASES } from './cases/index.ts'
import type { Case } from './cases/types.ts'
import { CONTESTANTS } from './contestants/index.ts'
import type { Contestant } from './contestants/types.ts'
import { closedLoop } from './drive/closed-loop.ts'
import { wrk } from './drive/wrk.ts'
import { close, open, type Surroundings } from './measure/bench.ts'
import { type Context, withCpu } from './measure/context.ts'
import { makeCertificate } from './process/certificate.ts'
import { coresOfThisMachine, pinSelf } from './process/cores.ts'
import { startOrigin } from './process/origin.ts'
import { stolenMs } from './process/proc.ts'
import { findProgram } from './process/programs-on-path.ts'
import { startRedis } from './process/redis.ts'
import { Scene } from './process/scene.ts'
import { OptionError, positive } from './options.ts'
import { median, withQuartiles } from './report/summary.ts'

const HELP = `Usage: npm run bench:pair [-- OPTIONS]

  --contestants A,B  by name, or name:case (default sallyport,default-http-proxy,floor); the case is get unless it is said
  --rounds N         of a slice for each (default 16)
  --seconds N        of a slice (default 2)
  --warm-up N        seconds of load for each before that (default 15)
  --fresh            not interleaved: in each round a fresh process for each, warmed and measured under load without a pause
  --driver NAME      wrk or autocannon (default: wrk where it is on the PATH)`

/** ms in a second of all cores. When the host of a virtual machine took more, another round is tried after a rest. */
const CALM_MS = 10
const REST_MS = 2000
/** Rounds are tried so many times as often as they are wanted. */
const MOST_TRIES = 2

interface Wanted {
  readonly spec: string
  readonly contestant: Contestant
  readonly item: Case
  readonly work: Extract<Case['work'], { kind: 'http' }>
}

interface Slice {
  readonly cpuUs: number
  readonly rate: number
}

interface Round {
  /** By contestant. */
  readonly slices: ReadonlyMap<string, Slice>
  /** What the host took, ms in a second of all cores. */
  readonly lostMs: number
}

const { values } = parseArgs({
  options: {
    contestants: { type: 'string', default: 'sallyport,default-http-proxy,floor' },
    rounds: { type: 'string', default: '16' },
    seconds: { type: 'string', default: '2' },
    'warm-up': { type: 'string', default: '15' },
    fresh: { type: 'boolean', default: false },
    driver: { type: 'string', default: findProgram('wrk') === null ? 'autocannon' : 'wrk' },
    help: { type: 'boolean', default: false, short: 'h' }
  }
})
const specs = values.contestants.split(',')
const seconds = positive('--seconds', values.seconds)
const rounds = positive('--rounds', values.rounds)
const warmUpSeconds = positive('--warm-up', values['warm-up'])
if (!['wrk', 'autocannon'].includes(values.driver))
  throw new OptionError(`--driver: wrk or autocannon is expected, not ${JSON.stringify(values.driver)}`)

function wanted(spec: string): Wanted {
  const [name = '', caseName = 'get'] = spec.split(':')
  const contestant = CONTESTANTS.find((one) => one.name === name)
  const item = CASES.find((one) => one.name === caseName)
  if (contestant === undefined || item?.work.kind !== 'http') throw new OptionError(`--contestants: there is no ${spec} with requests one by one`)
  return { spec, contestant, item, work: item.work }
}

async function slice(context: Context<'http'>, lasting: number): Promise<Slice> {
  const { scene, target, work } = context
  const load = { connections: work.connections, seconds: lasting }
  const run = () => (values.driver === 'wrk' ? wrk(scene.folder, target, work.requests, load) : closedLoop(target, work.requests, load))
  const { result, cpuUs } = await withCpu(context, run)
  return { cpuUs: cpuUs / result.answers, rate: result.answers / result.seconds }
}

async function main(scene: Scene): Promise<void> {
  if (scene.cores !== null) pinSelf(scene.cores.load)
  const amounts = { seconds, warmUpSeconds, latencySeconds: 0, wrk: values.driver === 'wrk', tries: 1 }
  const surroundings = {
    scene,
    origins: await startOrigin(scene),
    tls: makeCertificate(scene.folder),
    redisUrl: await startRedis(scene),
    amounts,
    isCheckOnly: false
  }
  const all = specs.map(wanted)
  const play = values.fresh ? (order: readonly Wanted[]) => playFresh(order, surroundings) : await interleaved(all, surroundings)
  const tried: Round[] = []
  const calm = (): readonly Round[] => tried.filter(({ lostMs }) => lostMs <= CALM_MS)
  while (calm().length < rounds && tried.length < rounds * MOST_TRIES) {
    const round = await play(tried.length % 2 === 0 ? all : all.toReversed())
    tried.push(round)
    if (round.lostMs > CALM_MS) await delay(REST_MS)
  }
  report(tried.toSorted((one, other) => one.lostMs - other.lostMs).slice(0, rounds), calm().length)
}

/** All are started and warmed; a round then has a slice of each. */
async function interleaved(all: readonly Wanted[], surroundings: Surroundings): Promise<(order: readonly Wanted[]) => Promise<Round>> {
  const contexts = new Map<string, Context<'http'>>()
  for (const { spec, contestant, item, work } of all) {
    const context = { ...(await open(contestant, item, surroundings)), work }
    contexts.set(spec, context)
    await slice(context, warmUpSeconds)
  }
  return async (order) => {
    const before = stolenMs()
    const slices = new Map<string, Slice>()
    for (const { spec } of order) {
      const context = contexts.get(spec)
      if (context !== undefined) slices.set(spec, await slice(context, seconds))
    }
    return { slices, lostMs: (stolenMs() - before) / (seconds * order.length) }
  }
}

/** One after the other, each in a process of its own that has had nothing but this load. */
async function playFresh(order: readonly Wanted[], surroundings: Surroundings): Promise<Round> {
  const slices = new Map<string, Slice>()
  let lostMs = 0
  for (const { spec, contestant, item, work } of order) {
    const context = { ...(await open(contestant, item, surroundings)), work }
    try {
      await slice(context, warmUpSeconds)
      const before = stolenMs()
      slices.set(spec, await slice(context, seconds))
      lostMs += stolenMs() - before
    } finally {
      await close(context)
    }
  }
  return { slices, lostMs: lostMs / (seconds * order.length) }
}

function report(counted: readonly Round[], calm: number): void {
  const lost =
    counted.length > calm
      ? `; the others are those in which the host took least, ${median(counted.map(({ lostMs }) => lostMs)).toFixed(0)} ms a second`
      : ''
  console.log(
    `${counted.length} rounds of ${seconds} s each by ${values.driver}, ${Math.min(calm, counted.length)} of them calm${lost}; ratios with their quartiles`
  )
  const figures = (spec: string, key: keyof Slice): readonly number[] => counted.map(({ slices }) => slices.get(spec)?.[key] ?? Number.NaN)
  for (const spec of specs) {
    const ratios = specs
      .filter((other) => other !== spec)
      .map(
        (other) =>
          `of ${other}: CPU ${ratio(figures(spec, 'cpuUs'), figures(other, 'cpuUs'))}, throughput ${ratio(figures(spec, 'rate'), figures(other, 'rate'))}`
      )
    console.log(
      `${spec.padEnd(24)} ${median(figures(spec, 'cpuUs')).toFixed(1)} µs, ${median(figures(spec, 'rate')).toFixed(0)} a second; ${ratios.join('; ')}`
    )
  }
}

function ratio(own: readonly number[], other: readonly number[]): string {
  return withQuartiles(own.map((figure, round) => figure / (other[round] ?? Number.NaN)))
}

if (values.help) console.log(HELP)
else {
  const scene = new Scene(coresOfThisMachine())
  const interrupted = (): void => void scene.end().finally(() => process.exit(130))
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  try {
    await main(scene)
  } finally {
    await scene.end()
  }
}
