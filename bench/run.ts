// The gateway beside other proxies: `npm run bench -- --help`.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CASES } from './cases/index.ts'
import type { Case } from './cases/types.ts'
import { CONTESTANTS } from './contestants/index.ts'
import type { Contestant } from './contestants/types.ts'
import { type Surroundings, leftOut, measure } from './measure/bench.ts'
import { HELP, OptionError, type Options, readOptions } from './options.ts'
import { makeCertificate } from './process/certificate.ts'
import { coresOfThisMachine, pinSelf } from './process/cores.ts'
import { describeMachine } from './process/machine.ts'
import { startOrigin } from './process/origin.ts'
import { findProgram } from './process/programs-on-path.ts'
import { startRedis } from './process/redis.ts'
import { Scene } from './process/scene.ts'
import { toJson } from './report/json.ts'
import { toMarkdown } from './report/markdown.ts'
import { toSvg } from './report/svg.ts'
import type { CaseReport, Report, Row, Sample } from './report/types.ts'

const names = (all: readonly { readonly name: string }[]): readonly string[] => all.map(({ name }) => name)

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2), { cases: names(CASES), contestants: names(CONTESTANTS) })
  if (options === null) {
    console.log(`${HELP}\nCases: ${names(CASES).join(', ')}\nContestants: ${names(CONTESTANTS).join(', ')}`)
    return 0
  }
  if (process.platform !== 'linux') throw new OptionError('CPU and memory of processes are read from /proc, so this runs on Linux only')
  const scene = new Scene(coresOfThisMachine())
  const interrupted = (): void => void scene.end().finally(() => process.exit(130))
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted)
  try {
    return await run(scene, options)
  } finally {
    await scene.end()
  }
}

async function run(scene: Scene, options: Options): Promise<number> {
  const missing: string[] = []
  const contestants = CONTESTANTS.filter(({ name }) => options.contestants.includes(name)).filter((contestant) => {
    const why = contestant.missing()
    if (why !== null) missing.push(`${contestant.name}: ${why}`)
    return why === null
  })
  if (scene.cores === null) missing.push('nothing is pinned to cores: that needs two of them, and taskset')
  if (findProgram('wrk') === null) missing.push('wrk is not on the PATH: no cross-check')
  for (const line of missing) console.error(`left out: ${line}`)
  const startedAt = new Date()
  const versions = Object.fromEntries(contestants.map((one) => [one.name, one.version()]))
  const machine = describeMachine(versions)
  const surroundings = await prepare(scene, options)
  const cases: CaseReport[] = []
  const secondsSince = (): number => Math.round((Date.now() - startedAt.getTime()) / 1000)
  const report = (): Report => ({
    startedAt: startedAt.toISOString(),
    seconds: secondsSince(),
    machine,
    options: {
      quick: options.isQuick,
      rounds: options.rounds,
      seconds: options.amounts.seconds,
      warmUpSeconds: options.amounts.warmUpSeconds,
      wrk: surroundings.amounts.wrk
    },
    cases,
    leftOut: missing
  })
  const folder = options.out === null ? fileURLToPath(new URL('results/', import.meta.url)) : resolve(options.out)
  for (const item of CASES.filter(({ name }) => options.cases.includes(name))) {
    cases.push(await runCase(item, contestants, surroundings, options, startedAt))
    // A run takes hours: whoever ends it early has the cases that were finished.
    if (!options.isCheckOnly) save(report(), folder)
  }
  if (options.isCheckOnly) console.log(`${cases.flatMap(({ rows }) => rows).length} checked in ${secondsSince()} s`)
  else console.log(`${toMarkdown(report())}\nbench.json, bench.md and bench.svg are in ${folder}`)
  return cases.some(({ rows }) => rows.some(({ remarks }) => remarks.length > 0)) ? 1 : 0
}

async function prepare(scene: Scene, { amounts, isCheckOnly }: Options): Promise<Surroundings> {
  if (scene.cores !== null) pinSelf(scene.cores.load)
  return {
    scene,
    origins: await startOrigin(scene),
    tls: makeCertificate(scene.folder),
    redisUrl: await startRedis(scene),
    amounts: { ...amounts, wrk: amounts.wrk && findProgram('wrk') !== null },
    isCheckOnly
  }
}

/** Rounds go through all contestants, forwards and backwards in turn, so that a machine that changes is unfair to nobody. */
async function runCase(item: Case, all: readonly Contestant[], surroundings: Surroundings, options: Options, startedAt: Date): Promise<CaseReport> {
  const contestants = all.filter((contestant) => {
    const why = leftOut(contestant, item, surroundings)
    if (why !== null) console.error(`left out: ${why}`)
    return why === null
  })
  const samples = new Map<string, Sample[]>(contestants.map(({ name }) => [name, []]))
  const remarks = new Map<string, string[]>(contestants.map(({ name }) => [name, []]))
  for (let round = 0; round < options.rounds; round++) {
    if (round > 0 && (Date.now() - startedAt.getTime()) / 1000 > options.lastRoundAfterSeconds) {
      console.error(`left out: rounds after ${round}, for time`)
      break
    }
    for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) {
      const { name } = contestant
      // Whoever failed twice would do so again.
      if ((remarks.get(name)?.length ?? 0) > 1) continue
      try {
        const figures = await measure(contestant, item, surroundings)
        samples.get(name)?.push({ round, figures })
        console.error(`${item.name} ${round + 1}/${options.rounds} ${name}: ${brief(item, figures)}`)
      } catch (error) {
        remarks.get(name)?.push(`round ${round + 1}: ${(error as Error).message}`)
        console.error(`${item.name} ${round + 1}/${options.rounds} ${name}: FAILED: ${(error as Error).message}`)
      }
    }
  }
  const rows: Row[] = contestants.map(({ name, title }) => ({
    contestant: name,
    title,
    samples: samples.get(name) ?? [],
    remarks: remarks.get(name) ?? []
  }))
  const { name, title, about, columns, chart } = item
  return { name, title, about, columns, chart, rows }
}

function brief({ columns }: Case, figures: Readonly<Record<string, number>>): string {
  const told = columns.filter(({ key, of }) => of === undefined && figures[key] !== undefined)
  return told.length === 0 ? 'right' : told.map(({ key, title, digits }) => `${title} ${figures[key]?.toFixed(digits)}`).join(', ')
}

function save(report: Report, folder: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'bench.json'), toJson(report))
  writeFileSync(join(folder, 'bench.md'), toMarkdown(report))
  writeFileSync(join(folder, 'bench.svg'), toSvg(report))
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof OptionError)) throw error
  console.error(`${error.message}\n\n${HELP}`)
  process.exitCode = 64
}
