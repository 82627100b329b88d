// Before all others.
import '../system/keep-strings.ts'
import { type CliIo, type Command, EXIT, UsageError } from './io.ts'
import { version } from './version.ts'

interface Entry {
  readonly name: string
  /** One line for `sallyport --help`. */
  readonly summary: string
  /** Loaded when it is asked for: `--version` need not wait for a gateway. */
  load(): Promise<Command>
}

const COMMANDS: readonly Entry[] = [
  { name: 'start', summary: 'Run the gateway', load: async () => (await import('./start.ts')).start },
  { name: 'check', summary: 'Tell everything that is wrong with configuration files', load: async () => (await import('./check.ts')).check },
  { name: 'routes', summary: 'List the routes of a configuration file', load: async () => (await import('./routes.ts')).routes },
  { name: 'explain', summary: 'Tell what the gateway would do with a request', load: async () => (await import('./explain.ts')).explain },
  {
    name: 'upstreams',
    summary: 'Show the endpoints of a running gateway and where they come from',
    load: async () => (await import('./upstreams.ts')).upstreams
  },
  {
    name: 'simulate',
    summary: 'Play an outage against the resilience of an upstream, in virtual time',
    load: async () => (await import('./simulate.ts')).simulate
  },
  { name: 'schema', summary: 'Print the JSON Schema of the configuration file', load: async () => (await import('./schema.ts')).schema },
  { name: 'token', summary: 'Mint a development JWT that a configuration accepts', load: async () => (await import('./token.ts')).token },
  { name: 'hash', summary: 'Hash a password for basic-auth', load: async () => (await import('./hash.ts')).hash },
  { name: 'registry', summary: 'Run a small service registry for development', load: async () => (await import('./registry.ts')).registry },
  { name: 'demo', summary: 'Run the gateway in front of the sample shop', load: async () => (await import('./demo.ts')).demo }
]

function usage(): string {
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
export async function run(io: CliIo): Promise<number> {
  const [name, ...args] = io.args
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    io.out(usage())
    return name === undefined ? EXIT.usage : EXIT.ok
  }
  if (name === '--version' || name === '-v') {
    io.out(`${version()}\n`)
    return EXIT.ok
  }
  const entry = COMMANDS.find((one) => one.name === name)
  if (entry === undefined) {
    io.err(`sallyport: there is no command ${JSON.stringify(name)}\n\n${usage()}`)
    return EXIT.usage
  }
  const command = await entry.load()
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
