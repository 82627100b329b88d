import { formatIssues, hasErrors, type Issue, issuesToJson } from '../config/issue.ts'
import { loadFile } from './config-file.ts'
import { type CliIo, type Command, EXIT, UsageError } from './io.ts'
import { parseFormat, parseOptions } from './options.ts'

export const check: Command = {
  help: `
Usage: sallyport check FILE... [--format text|json] [--strict]

Reads each file as \`start\` would, third-party plugins included, and prints every problem
with its file:line:column. Nothing is started and nothing is dialled.

  --format text|json  json prints one array of problems for other programs
  --strict            treat warnings as errors

Exit code: 0 all files are valid, 1 at least one is not.`,
  async run(io) {
    const { values, positionals } = parseOptions(io.args, {
      format: { type: 'string', default: 'text' },
      strict: { type: 'boolean', default: false }
    })
    if (positionals.length === 0) throw new UsageError('missing FILE')
    const format = parseFormat(values.format)
    const issues: Issue[] = []
    for (const file of positionals) issues.push(...(await loadFile(io, file)).issues)
    const failed = values.strict ? issues.length > 0 : hasErrors(issues)
    if (format === 'json') io.out(`${issuesToJson(issues)}\n`)
    else report(io, positionals, issues, failed)
    return failed ? EXIT.invalid : EXIT.ok
  }
}

function report(io: CliIo, files: readonly string[], issues: readonly Issue[], failed: boolean): void {
  if (issues.length > 0) io.err(`${formatIssues(issues)}\n`)
  const errors = issues.filter((issue) => issue.severity === 'error').length
  const counts = `${count(errors, 'error')}, ${count(issues.length - errors, 'warning')}`
  if (failed) io.err(`${counts}\n`)
  else io.out(`${files.join(', ')}: valid${issues.length === 0 ? '' : ` (${counts})`}\n`)
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
