import closeWithGrace from 'close-with-grace'
import { availableParallelism } from 'node:os'
import type { ReloadStatus } from '../admin/admin.ts'
import { formatIssues } from '../config/issue.ts'
import type { Plan } from '../config/plan.ts'
import type { ConfigSnapshot } from '../config/snapshot.ts'
import { listenProblem } from '../gateway/listen-problem.ts'
import type { RunningGateway } from '../gateway/running.ts'
import { Gateway } from '../gateway.ts'
import { PluginBuildError } from '../generation/plugin-deps.ts'
import { threadsClock } from '../system/clock.ts'
import { createSystemRandom } from '../system/random.ts'
import { atExit } from '../system/exit.ts'
import { favorLatency } from '../system/favor-latency.ts'
import { keepTick } from '../system/keep-tick.ts'
import { flushLog } from '../telemetry/line-batch.ts'
import { createLog } from '../telemetry/log.ts'
import { canSharePorts } from '../workers/ports.ts'
import { StartFailed } from '../workers/start-failed.ts'
import { ConfigSource } from './config-source.ts'
import { type CliIo, type Command, EXIT } from './io.ts'
import { expectPositionals, parseOptions } from './options.ts'

/** As the schema of `workers` has it. */
const MOST_WORKERS = 64

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
): Promise<RunningGateway | number> {
  favorLatency()
  void keepTick()
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

async function startFrom(io: CliIo, file: string, source: ConfigSource): Promise<RunningGateway | number> {
  const loaded = await source.load()
  if (loaded.issues.length > 0) io.err(`${formatIssues(loaded.issues)}\n`)
  if (!loaded.ok) return EXIT.config
  let gateway: RunningGateway
  try {
    gateway = await createGateway(loaded.plan, loaded.snapshot, source)
  } catch (error) {
    if (!(error instanceof PluginBuildError)) throw error
    io.err(`${file}: error: ${error.message}\n`)
    return EXIT.config
  }
  try {
    await gateway.listen()
    return gateway
  } catch (error) {
    if (error instanceof StartFailed) {
      io.err(`${file}: error: ${error.message}\n`)
      return EXIT.config
    }
    const problem = listenProblem(error, loaded.plan)
    if (problem !== null) io.err(`${file}: error: ${problem}\n`)
    else io.err(`sallyport: ${error instanceof Error ? error.message : String(error)}\n`)
    return EXIT.invalid
  }
}

async function createGateway(plan: Plan, snapshot: ConfigSnapshot, source: ConfigSource): Promise<RunningGateway> {
  const workers = plan.workers === 'auto' ? Math.min(MOST_WORKERS, availableParallelism()) : plan.workers
  const rereadConfig = (): Promise<ReloadStatus> => source.reread()
  if (workers === 1) return Gateway.create({ plan, rereadConfig })
  if (!(await canSharePorts())) {
    const gateway = await Gateway.create({ plan, rereadConfig })
    gateway.log.warn({ workers }, 'this system cannot share a port among several workers: one serves')
    return gateway
  }
  const { Supervisor } = await import('../workers/supervisor.ts')
  const log = createLog(plan.log.level, threadsClock)
  return new Supervisor({ plan, source: snapshot, workers, log, clock: threadsClock, random: createSystemRandom(), rereadConfig })
}

function bindSignals(gateway: RunningGateway, source: ConfigSource, beforeClose: () => Promise<void>): void {
  atExit(() => flushLog(gateway.log))
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
