import { formatIssues } from '../config/issue.ts'
import type { RoutePlan } from '../config/plan.ts'
import { loadFile } from './config-file.ts'
import { type Command, EXIT } from './io.ts'
import { expectPositionals, parseFormat, parseOptions } from './options.ts'
import { table } from './table.ts'

export const routes: Command = {
  help: `
Usage: sallyport routes FILE [--format text|json]

Prints each route with what it matches, its upstream and its plugins in the order in which they run.`,
  async run(io) {
    const { values, positionals } = parseOptions(io.args, { format: { type: 'string', default: 'text' } })
    const format = parseFormat(values.format)
    const [file] = expectPositionals(positionals, ['FILE'])
    const loaded = await loadFile(io, file as string)
    if (!loaded.ok) {
      io.err(`${formatIssues(loaded.issues)}\n`)
      return EXIT.invalid
    }
    const rows = loaded.plan.routes.map(describe)
    if (format === 'json') io.out(`${JSON.stringify(rows, null, 2)}\n`)
    else {
      io.out(
        table(
          ['ROUTE', 'METHODS', 'HOSTS', 'PATH', 'UPSTREAM', 'PLUGINS'],
          rows.map((row) => [
            row.name,
            row.methods.join(',') || 'any',
            row.hosts.join(',') || 'any',
            row.path,
            row.upstream,
            row.plugins.join(' → ') || '–'
          ])
        )
      )
    }
    return EXIT.ok
  }
}

function describe(route: RoutePlan) {
  const { match } = route
  return {
    name: match.name,
    methods: match.methods,
    hosts: match.hosts,
    path: match.path.kind === 'regex' ? `regex ${match.path.source}` : match.path.pattern,
    upstream: route.upstream,
    plugins: route.plugins.map((plugin) => plugin.alias)
  }
}
