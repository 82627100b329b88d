import { check } from './check.ts'
import { demo } from './demo.ts'
import { explain } from './explain.ts'
import { type CliIo, type Command, EXIT, UsageError } from './io.ts'
import { routes } from './routes.ts'
import { schema } from './schema.ts'
import { start } from './start.ts'
import { token } from './token.ts'
import { version } from './version.ts'

const COMMANDS: readonly Command[] = [start, check, routes, explain, schema, token, demo]

function usage (): string {
  const width = Math.max(...COMMANDS.map((command) => command.name.length))
  return [
    'Usage: sallyport COMMAND [OPTIONS]',
    '',
    'An API gateway: one YAML file, one command.',
    '',
    ...COMMANDS.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    '',
    '`sallyport COMMAND --help` tells more. `sallyport --version` prints the version.',
    ''
  ].join('\n')
}

/** Runs one command of the command line. Resolves to the exit code. */
export async function run (io: CliIo): Promise<number> {
  const [name, ...args] = io.args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.out(usage())
    return name === undefined ? EXIT.usage : EXIT.ok
  }
  if (name === '--version' || name === '-v') {
    io.out(`${version()}\n`)
    return EXIT.ok
  }
  const command = COMMANDS.find((one) => one.name === name)
  if (command === undefined) {
    io.err(`sallyport: there is no command ${JSON.stringify(name)}\n\n${usage()}`)
    return EXIT.usage
  }
  if (args.includes('--help') || args.includes('-h')) {
    io.out(`${command.help.trim()}\n`)
    return EXIT.ok
  }
  try {
    return await command.run({ ...io, args })
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    io.err(`sallyport ${name}: ${error.message}\n\n${command.help.trim()}\n`)
    return EXIT.usage
  }
}
