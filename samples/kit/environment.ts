import { join } from 'node:path'

/** The variables a service was started with. Passed in, so that nothing but the process edge reads them. */
export type Environment = Readonly<Record<string, string | undefined>>

export interface ServiceSettings {
  host: string
  port: number
  instance: string
  /** A file, or `:memory:`. */
  database: string
  seed: boolean
  logLevel: string
  exitWithParent: boolean
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** A setting that cannot be used. The message names the variable, so that it can be shown as it is. */
export class SettingError extends Error {
  override name = 'SettingError'
}

/** Throws a SettingError for a value that cannot be used. */
export function parseServiceSettings(env: Environment, service: { name: string; defaultPort: number }): ServiceSettings {
  const dataDir = text(env, 'DATA_DIR', '.data')
  const logLevel = text(env, 'LOG_LEVEL', 'warn')
  if (!logLevels.includes(logLevel)) throw new SettingError(`LOG_LEVEL must be one of ${logLevels.join(', ')}`)
  return {
    host: text(env, 'HOST', '127.0.0.1'),
    port: integer(env, 'PORT', { fallback: service.defaultPort, minimum: 0, maximum: 65_535 }),
    instance: instanceName(text(env, 'INSTANCE', `${service.name}-1`)),
    database: dataDir === ':memory:' ? dataDir : join(dataDir, `${service.name}.sqlite`),
    seed: flag(env, 'SEED'),
    logLevel,
    exitWithParent: flag(env, 'EXIT_WITH_PARENT')
  }
}

export function text(env: Environment, name: string, fallback: string): string {
  const value = env[name]?.trim()
  return value === undefined || value === '' ? fallback : value
}

export function integer(
  env: Environment,
  name: string,
  { fallback, minimum, maximum }: { fallback: number; minimum: number; maximum: number }
): number {
  const value = text(env, name, String(fallback))
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (!(number >= minimum && number <= maximum)) {
    throw new SettingError(`${name} must be a whole number from ${minimum} to ${maximum}, not '${value}'`)
  }
  return number
}

/** An http base URL without the slash at its end, so that a path can be appended. */
export function baseUrl(env: Environment, name: string, fallback: string): string {
  const value = text(env, name, fallback)
  const url = URL.parse(value)
  if (url === null || !/^https?:$/.test(url.protocol)) throw new SettingError(`${name} must be an http URL, not '${value}'`)
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

function flag(env: Environment, name: string): boolean {
  const value = text(env, name, '0')
  if (value !== '0' && value !== '1') throw new SettingError(`${name} must be 0 or 1, not '${value}'`)
  return value === '1'
}

/** The name travels in a response header of every answer, where only visible ASCII is allowed. */
function instanceName(value: string): string {
  if (!/^[\x21-\x7e]{1,100}$/.test(value)) throw new SettingError('INSTANCE must be 1 to 100 visible ASCII characters')
  return value
}
