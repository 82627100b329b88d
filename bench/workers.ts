// What several workers of one gateway serve beside one, and beside as many gateways that know nothing of each other: what both lose is the machine's doing, what
// only the workers lose is ours. Each worker has a core; drivers and origins have others as far as there are any, else a part of the same. The CPU that a
// request costs then tells how many requests so many free cores would serve.
import { availableParallelism } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { CASES } from './cases/index.ts'
import type { Case } from './cases/types.ts'
import { CONTESTANTS } from './contestants/index.ts'
import type { Contestant, Running } from './contestants/types.ts'
import { askUntil } from './drive/ask.ts'
import { wrk } from './drive/wrk.ts'
import { setupOf } from './measure/bench.ts'
import { firstQuestion } from './measure/check.ts'
import { OptionError, positive } from './options.ts'
import { coresOfThisMachine, pin, pinWorkers, type Place, planPlaces } from './process/cores.ts'
import { startOrigin } from './process/origin.ts'
import { stolenMs } from './process/proc.ts'
import { findProgram } from './process/programs-on-path.ts'
import { Scene } from './process/scene.ts'
import { median, withQuartiles } from './report/summary.ts'

const HELP = `Usage: npm run bench:workers [-- OPTIONS]

  --workers N          of the gateway (default 2)
  --contestant NAME    sallyport or sallyport-standard (default sallyport-standard)
  --rounds N           of a slice for each setting (default 12)
  --seconds N          of a slice (default 3)
  --warm-up N          seconds of load for each setting before that (default 20)

Needs Linux with wrk and taskset on the PATH.`

const READY_MS = 120_000
/** ms in a second of all cores. When the host of a virtual machine took more, another round is tried after a rest. */
const CALM_MS = 10
const REST_MS = 2000
/** Rounds are tried so many times as often as they are wanted. */
const MOST_TRIES = 2

interface Options {
  readonly workers: number
  readonly contestant: Contestant
  readonly item: Case
  readonly work: Extract<Case['work'], { kind: 'http' }>
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
}

interface Gateway {
  readonly running: Running
  readonly folder: string
  readonly port: number
}

/** Gateways that are under load at once. */
interface Setting {
  readonly name: string
  readonly gateways: readonly Gateway[]
  readonly cores: number
}

interface Slice {
  readonly cpuUs: number
  readonly rate: number
}

interface Round {
  /** By setting. */
  readonly slices: readonly Slice[]
  /** What the host took, ms in a second of all cores. */
  readonly lostMs: number
}

function readOptions(values: Readonly<Record<string, string | boolean | undefined>>): Options {
  const contestant = CONTESTANTS.find(({ name }) => name === values['contestant'])
  const item = CASES.find(({ name }) => name === 'get')
  if (contestant === undefined || item?.work.kind !== 'http') throw new OptionError(`--contestant: there is no ${String(values['contestant'])}`)
  const number = (name: string): number => positive(`--${name}`, String(values[name]))
  return {
    workers: number('workers'),
    contestant,
    item,
    work: item.work,
    rounds: number('rounds'),
    seconds: number('seconds'),
    warmUpSeconds: number('warm-up')
  }
}

/** One gateway with a worker for each of these cores. */
async function start(scene: Scene, { contestant, item }: Options, origins: readonly string[], cores: readonly number[]): Promise<Gateway> {
  const setup = await setupOf(item, { scene, origins, tls: null, redisUrl: null })
  const running = contestant.start(scene, cores.length > 1 ? { ...setup, workers: cores.length } : setup)
  const { folder, port } = setup
  pin(running.pid, cores)
  const { request, isRight } = firstQuestion(item)
  await askUntil({ port, isTls: false }, request, isRight, { ms: READY_MS, isGone: () => running.isGone() })
  pin(running.pid, cores)
  pinWorkers(running.pid, cores)
  return { running, folder, port }
}

/** Each driver has all gateways before it: as much goes from core to core in every setting, which costs the more the more of a machine is virtual. */
async function slice({ gateways }: Setting, places: readonly Place[], { work }: Options, seconds: number): Promise<Slice> {
  const cpu = (): Promise<readonly number[]> => Promise.all(gateways.map(({ running }) => running.cpuUs()))
  const sum = (figures: readonly number[]): number => figures.reduce((one, other) => one + other, 0)
  const load = { connections: work.connections / gateways.length, seconds }
  const before = sum(await cpu())
  const results = await Promise.all(
    gateways.flatMap(({ folder, port }) => places.map((place) => wrk(folder, { port, isTls: false }, work.requests, load, place.load)))
  )
  const used = sum(await cpu()) - before
  return { cpuUs: used / sum(results.map(({ answers }) => answers)), rate: sum(results.map(({ answers, seconds: took }) => answers / took)) }
}

async function main(scene: Scene, options: Options): Promise<void> {
  const { workers, rounds, seconds, warmUpSeconds } = options
  const places = planPlaces(workers, availableParallelism())
  const origins: string[] = []
  for (const { origin } of places) origins.push(...(await startOrigin(scene, (pid) => pin(pid, [origin]))))
  const alone: Gateway[] = []
  for (const { worker } of places) alone.push(await start(scene, options, origins, [worker]))
  const together = await start(
    scene,
    options,
    origins,
    places.map(({ worker }) => worker)
  )
  const settings: readonly Setting[] = [
    ...alone.map((gateway, index) => ({ name: `one on core ${places[index]?.worker}`, gateways: [gateway], cores: 1 })),
    { name: `${workers} gateways`, gateways: alone, cores: workers },
    { name: `${workers} workers`, gateways: [together], cores: workers }
  ]
  for (const setting of settings.slice(-2)) await slice(setting, places, options, warmUpSeconds)
  const tried: Round[] = []
  const calm = (): number => tried.filter(({ lostMs }) => lostMs <= CALM_MS).length
  while (calm() < rounds && tried.length < rounds * MOST_TRIES) {
    const before = stolenMs()
    const slices: Slice[] = []
    const order = tried.length % 2 === 0 ? [...settings.keys()] : [...settings.keys()].toReversed()
    for (const at of order) slices[at] = await slice(settings[at] as Setting, places, options, seconds)
    const lostMs = (stolenMs() - before) / (seconds * settings.length)
    tried.push({ slices, lostMs })
    if (lostMs > CALM_MS) await delay(REST_MS)
  }
  report(settings, tried.toSorted((one, other) => one.lostMs - other.lostMs).slice(0, rounds), { calm: calm(), options })
}

function report(
  settings: readonly Setting[],
  counted: readonly Round[],
  { calm, options }: { readonly calm: number; readonly options: Options }
): void {
  const { contestant, seconds, workers } = options
  const isCalm = Math.min(calm, counted.length)
  const lost = isCalm < counted.length ? `; in the others the host took up to ${(counted.at(-1)?.lostMs ?? 0).toFixed(0)} ms a second` : ''
  console.log(`${contestant.name}: ${counted.length} rounds of ${seconds} s each by wrk, ${isCalm} of them calm${lost}; ratios with their quartiles`)
  for (const [at, { name, cores }] of settings.entries()) {
    const own = counted.map(({ slices }) => slices[at]?.cpuUs ?? Number.NaN)
    const one = counted.map(({ slices }) => mean(slices.slice(0, workers).map(({ cpuUs }) => cpuUs)))
    const rate = median(counted.map(({ slices }) => slices[at]?.rate ?? Number.NaN))
    const ratio = (of: (own: number, one: number) => number): string =>
      withQuartiles(own.map((figure, round) => of(figure, one[round] ?? Number.NaN)))
    console.log(
      `${name.padEnd(16)} ${median(own).toFixed(1)} µs a request, ${ratio((here, there) => here / there)} of one; ` +
        `so ${cores === 1 ? 'a free core serves' : `${cores} free cores serve`} ${ratio((here, there) => (cores * there) / here)} times as much as one does (here, cores shared with the load, ${rate.toFixed(0)} a second)`
    )
  }
}

function mean(figures: readonly number[]): number {
  return figures.reduce((one, other) => one + other, 0) / figures.length
}

const { values } = parseArgs({
  options: {
    workers: { type: 'string', default: '2' },
    contestant: { type: 'string', default: 'sallyport-standard' },
    rounds: { type: 'string', default: '12' },
    seconds: { type: 'string', default: '3' },
    'warm-up': { type: 'string', default: '20' },
    help: { type: 'boolean', default: false, short: 'h' }
  }
})

if (values.help) console.log(HELP)
else {
  if (coresOfThisMachine() === null || findProgram('wrk') === null)
    throw new OptionError('wrk and taskset must be on the PATH, and there must be two cores')
  const options = readOptions(values)
  const scene = new Scene(null)
  const interrupted = (): void => void scene.end().finally(() => process.exit(130))
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  try {
    await main(scene, options)
  } finally {
    await scene.end()
  }
}
