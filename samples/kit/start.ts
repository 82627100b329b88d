import closeWithGrace from 'close-with-grace'
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { type Environment, parseServiceSettings, SettingError } from './environment.ts'
import { noFaults, parseFaultVariables } from './fault-settings.ts'
import { Registration } from './registration.ts'
import { parseRegistrySettings } from './registry-settings.ts'
import type { ServiceOptions } from './service-app.ts'
import type { ServiceApp } from './type-provider.ts'

/** Longer than the slowest request may take; after it the process leaves with code 1. */
const stopTimeoutMs = 15_000

export interface ServiceDefinition {
  name: string
  defaultPort: number
  /** Reads what only this service knows from `env`; throws a SettingError for what cannot be used. */
  build: (options: ServiceOptions, env: Environment) => ServiceApp
}

/**
 * Runs a service as this process: settings from the environment, one line on stdout when it listens, a graceful stop on
 * SIGTERM and SIGINT. The only file of the shop that touches the process.
 */
export async function startService(definition: ServiceDefinition): Promise<void> {
  try {
    await start(definition)
  } catch (error) {
    const reason = error instanceof SettingError || isAddressInUse(error) ? error.message : error
    console.error(`${definition.name} cannot start:`, reason)
    process.exit(1)
  }
}

async function start(definition: ServiceDefinition): Promise<void> {
  const settings = parseServiceSettings(process.env, definition)
  const faults = parseFaultVariables(process.env, { name: definition.name, instance: settings.instance })
  const registry = parseRegistrySettings(process.env)
  // Logs go to stderr: stdout carries the one line that a parent process reads.
  const logger = pino({ name: settings.instance, level: settings.logLevel }, pino.destination({ dest: 2, sync: true }))
  const registration = registry && new Registration({ service: definition.name, instance: settings.instance, settings: registry, logger })
  if (faults.initial !== noFaults) logger.warn({ faults: faults.initial }, 'this service fails on purpose')
  const app = definition.build(
    {
      instance: settings.instance,
      database: settings.database,
      seed: settings.seed,
      logger,
      now: () => new Date(),
      newId: randomUUID,
      faults: { ...faults, random: Math.random, delay: (ms, signal) => delay(ms, undefined, { signal }) }
    },
    process.env
  )

  const stop = closeWithGrace({ delay: stopTimeoutMs, logger }, async ({ err, signal }) => {
    if (err !== undefined) logger.fatal({ err }, 'stopping after an error that nobody handled')
    else logger.info({ signal }, 'stopping')
    // While it still listens: a gateway that has not heard of it yet goes on sending.
    await registration?.stop()
    await app.close()
  })
  // Before listening: a parent that is already gone must not leave a service behind.
  if (settings.exitWithParent) whenStdinEnds(stop.close)

  const url = await app.listen({ host: settings.host, port: settings.port })
  registration?.start(url)
  process.stdout.write(`${JSON.stringify({ service: definition.name, instance: settings.instance, url })}\n`)
}

/** The pipe to a parent ends however the parent ends, also when it was killed and could tell nobody. */
function whenStdinEnds(stop: () => void): void {
  // Which of them comes, and how many, depends on what stdin is: a pipe, a file or nothing.
  const events = ['end', 'close', 'error'] as const
  const stopOnce = (): void => {
    for (const event of events) process.stdin.off(event, stopOnce)
    // An error that comes later is no news, but without a listener it would be thrown.
    process.stdin.on('error', () => {})
    stop()
  }
  for (const event of events) process.stdin.on(event, stopOnce)
  process.stdin.resume()
}

function isAddressInUse(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}
