import closeWithGrace from 'close-with-grace'
import { formatIssues } from '../config/issue.ts'
import { Gateway } from '../gateway.ts'
import { PluginBuildError } from '../generation/plugin-deps.ts'
import { ConfigSource } from './config-source.ts'
import { type CliIo, type Command, EXIT } from './io.ts'
import { expectPositionals, parseOptions } from './options.ts'

export const start: Command = {
  help: `
Usage: sallyport start [-c FILE] [--no-watch]

  -c, --config FILE  the configuration file (default: gateway.yaml, or $SALLYPORT_CONFIG)
  --no-watch         do not reload when the file changes

SIGHUP reloads the file; a file with mistakes leaves the running configuration in place.
SIGTERM and SIGINT stop gracefully; a second one stops at once.

Exit code: 0 after a graceful stop, 78 when the file is not valid, 1 when an address cannot be listened on.`,
  async run(io) {
    const { values, positionals } = parseOptions(io.args, {
      config: { type: 'string', short: 'c' },
      'no-watch': { type: 'boolean', default: false }
    })
    expectPositionals(positionals, [])
    const file = values.config ?? io.env.SALLYPORT_CONFIG ?? 'gateway.yaml'
    const gateway = await startGateway(io, file, !values['no-watch'])
    if (typeof gateway === 'number') return gateway
    // The listeners keep the process alive; the exit code is decided when a signal ends it.
    return new Promise<number>(() => {})
  }
}

/** Starts the gateway of a file and binds it to the process' signals. A number is the exit code of a start that failed. */
export async function startGateway(
  io: CliIo,
  file: string,
  watch: boolean,
  beforeClose: () => Promise<void> = async () => {}
): Promise<Gateway | number> {
  const source = new ConfigSource(io, file, watch)
  const gateway = await startFrom(io, file, source)
  if (typeof gateway === 'number') {
    source.close()
    return gateway
  }
  source.follow(gateway)
  bindSignals(gateway, source, beforeClose)
  return gateway
}

async function startFrom(io: CliIo, file: string, source: ConfigSource): Promise<Gateway | number> {
  const loaded = await source.load()
  if (loaded.issues.length > 0) io.err(`${formatIssues(loaded.issues)}\n`)
  if (!loaded.ok) return EXIT.config
  let gateway: Gateway
  try {
    gateway = await Gateway.create({ plan: loaded.plan, rereadConfig: () => source.reread() })
  } catch (error) {
    if (!(error instanceof PluginBuildError)) throw error
    io.err(`${file}: error: ${error.message}\n`)
    return EXIT.config
  }
  try {
    await gateway.listen()
    return gateway
  } catch (error) {
    io.err(`sallyport: ${error instanceof Error ? error.message : String(error)}\n`)
    return EXIT.invalid
  }
}

function bindSignals(gateway: Gateway, source: ConfigSource, beforeClose: () => Promise<void>): void {
  process.on('SIGHUP', () => {
    void source.reread()
  })
  // The drain has limits of its own, which can be changed by a reload; this only guards against a stop that hangs.
  closeWithGrace({ delay: false, logger: false, skip: ['SIGHUP'] }, async ({ err, signal }) => {
    if (err !== undefined) gateway.log.fatal({ err }, 'uncaught error')
    else if (signal !== undefined) gateway.log.info({ signal }, 'stopping')
    source.close()
    await gateway.close()
    await beforeClose()
  })
}
