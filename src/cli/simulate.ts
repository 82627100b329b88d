import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { builtinPlugins } from '../../plugins/index.ts'
import { formatIssues, type Issue } from '../config/issue.ts'
import { type ReadResult, readScenario } from '../simulation/read-scenario.ts'
import type { Report } from '../simulation/report.ts'
import { simulate as play } from '../simulation/run.ts'
import { type CliIo, type Command, EXIT, UsageError } from './io.ts'
import { parseFormat, parseOptions } from './options.ts'
import { simulationText } from './simulation-text.ts'

const PLUGINS = new Map(builtinPlugins.map((definition) => [definition.name, definition]))

export const simulate: Command = {
  help: `
Usage: sallyport simulate SCENARIO... [--seed N] [--timeline] [--format text|json]

Plays each scenario with the gateway's own forwarding and its rate limits, circuit breakers, retries, hedges, bulkheads and outlier detection,
over scripted endpoints and a virtual time: a minute takes less than a second, and the same seed always gives the same run.

  --seed N            another run of the same scenario; default: the seed in the file
  --timeline          also a line for each second
  --format text|json  json prints one array of reports for other programs

Exit code: 0 every expectation of every scenario holds, 1 one does not or a scenario is not valid.`,
  async run(io) {
    const { values, positionals } = parseOptions(io.args, {
      seed: { type: 'string' },
      timeline: { type: 'boolean', default: false },
      format: { type: 'string', default: 'text' }
    })
    if (positionals.length === 0) throw new UsageError('missing SCENARIO')
    const format = parseFormat(values.format)
    const seed = values.seed === undefined ? null : parseSeed(values.seed)
    const read = positionals.map((file) => readFile(io, file))
    const issues = read.flatMap((one) => one.issues)
    if (issues.length > 0) io.err(`${formatIssues(issues)}\n`)
    const reports: Report[] = []
    for (const one of read) {
      if (!one.ok) continue
      const report = await play(one.scenario, seed ?? one.scenario.seed)
      reports.push(report)
      if (format === 'text') io.out(simulationText(report, values.timeline))
    }
    if (format === 'json') io.out(`${JSON.stringify(reports, null, 2)}\n`)
    return reports.length === read.length && reports.every(({ ok }) => ok) ? EXIT.ok : EXIT.invalid
  }
}

function parseSeed(text: string): number {
  const seed = Number(text)
  if (!/^\d+$/.test(text) || seed > 0xffff_ffff) throw new UsageError('--seed is a whole number from 0 to 4294967295')
  return seed
}

function readFile(io: CliIo, file: string): ReadResult {
  const path = resolve(io.cwd, file)
  const read = (name: string): string => readFileSync(isAbsolute(name) ? name : join(dirname(path), name), 'utf8')
  let text: string
  try {
    text = read(path)
  } catch (error) {
    const message = `cannot read the scenario: ${error instanceof Error ? error.message : String(error)}`
    const issue: Issue = { severity: 'error', file, line: 1, column: 1, path: '', code: 'unreadable-file', message }
    return { ok: false, issues: [issue] }
  }
  return readScenario({ file, text, env: io.env, readFile: read, plugins: PLUGINS })
}
