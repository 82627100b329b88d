import { type Environment, SettingError, text } from './environment.ts'

/** What a service does wrong on purpose. A rate is a share of the requests, from 0 to 1; a request has one fate at most. */
export interface FaultSettings {
  /** How long every request waits, give or take `jitterMs`; one that hangs has no answer to wait for. */
  readonly latencyMs: number
  readonly jitterMs: number
  readonly errorRate: number
  readonly errorStatus: number
  /** Absent: errors say nothing about when to come back. */
  readonly retryAfterSeconds?: number
  readonly resetRate: number
  readonly hangRate: number
  /** The health check suffers as well. */
  readonly health: boolean
  /** Makes the sequence of faults the same in every run; absent: each run has its own. */
  readonly seed?: number
}

export const noFaults: FaultSettings = { latencyMs: 0, jitterMs: 0, errorRate: 0, errorStatus: 503, resetRate: 0, hangRate: 0, health: false }

export const faultLimits = { latencyMs: 60_000, minStatus: 400, maxStatus: 599, retryAfterSeconds: 3_600, seed: 4_294_967_295 } as const

/** What no single member can tell. Null when they fit together. */
export function findFaultConflict(settings: FaultSettings): 'jitter above latency' | 'rates above 1' | null {
  if (settings.jitterMs > settings.latencyMs) return 'jitter above latency'
  // Binary fractions: 0.33 + 0.56 + 0.11 is a little more than 1, and still means all requests.
  return settings.hangRate + settings.resetRate + settings.errorRate > 1 + 1e-9 ? 'rates above 1' : null
}

/** One `name=value` of the text form: what its value has to be, in words, and what it sets. Null when the value is not that. */
interface Part {
  readonly expects: string
  readonly read: (value: string) => Partial<FaultSettings> | null
}

const parts: ReadonlyMap<string, Part> = new Map([
  ['latency', { expects: 'a time of at most 60s such as 200ms, or with a spread such as 200ms+-50ms', read: readLatency }],
  ['errors', share((errorRate) => ({ errorRate }))],
  ['status', numberPart('a status from 400 to 599', wholeIn(faultLimits.minStatus, faultLimits.maxStatus), (errorStatus) => ({ errorStatus }))],
  ['retry-after', numberPart('whole seconds of at most 3600s such as 2s', readSeconds, (retryAfterSeconds) => ({ retryAfterSeconds }))],
  ['reset', share((resetRate) => ({ resetRate }))],
  ['hang', share((hangRate) => ({ hangRate }))],
  ['health', { expects: 'alone, without a value', read: (value) => (value === '' ? { health: true } : null) }],
  ['seed', numberPart(`a whole number from 0 to ${faultLimits.seed}`, wholeIn(0, faultLimits.seed), (seed) => ({ seed }))]
])

/**
 * Reads `latency=200ms+-50ms,errors=20%`, or `none`; `variable` is what an error message calls it.
 * Throws a SettingError that names the part that is wrong.
 */
export function parseFaults(source: string, variable: string): FaultSettings {
  const fail = (reason: string): never => {
    throw new SettingError(`${variable}: ${reason}`)
  }
  const given = new Set<string>()
  const settings: FaultSettings = { ...noFaults }
  for (const written of source === 'none' ? [] : source.split(/[,\s]+/).filter((part) => part !== '')) {
    const [name = '', ...rest] = written.split('=')
    const value = rest.join('=')
    const part = parts.get(name) ?? fail(`'${name}' is not known, but ${[...parts.keys()].join(', ')} are, and none`)
    if (given.has(name)) fail(`${name} is there twice`)
    given.add(name)
    Object.assign(settings, part.read(value) ?? fail(`${name} must be ${part.expects}, not '${value}'`))
  }
  const conflict = findFaultConflict(settings)
  if (conflict === 'jitter above latency') fail('the spread of latency must not be more than the latency itself')
  if (conflict === 'rates above 1') fail('hang, reset and errors must not be more than 100% together')
  return given.size === 0 ? noFaults : settings
}

/**
 * The faults that a service starts with and the token that changes them, null for nobody. The most specific variable that
 * is set counts alone: `PRODUCTS_2_FAULTS` for the instance products-2, then `PRODUCTS_FAULTS`, then `FAULTS`.
 * Throws a SettingError.
 */
export function parseFaultVariables(
  env: Environment,
  { name, instance }: { name: string; instance: string }
): { initial: FaultSettings; token: string | null } {
  const variables = [`${variableName(instance)}_FAULTS`, `${variableName(name)}_FAULTS`, 'FAULTS']
  const variable = variables.find((candidate) => text(env, candidate, '') !== '')
  const token = text(env, 'FAULTS_TOKEN', '')
  // What a header can carry after `Bearer `.
  if (!/^[\x21-\x7e]*$/.test(token)) throw new SettingError('FAULTS_TOKEN must be visible ASCII characters')
  return { initial: variable === undefined ? noFaults : parseFaults(text(env, variable, ''), variable), token: token === '' ? null : token }
}

function variableName(name: string): string {
  return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')
}

function numberPart(expects: string, parse: (value: string) => number | null, set: (value: number) => Partial<FaultSettings>): Part {
  return {
    expects,
    read(value) {
      const parsed = parse(value)
      return parsed === null ? null : set(parsed)
    }
  }
}

function share(set: (rate: number) => Partial<FaultSettings>): Part {
  return numberPart('a share from 0% to 100% such as 20%', readShare, set)
}

function readLatency(value: string): Partial<FaultSettings> | null {
  const [latency = '', spread, ...more] = value.split(/\+-|±/)
  const latencyMs = readTimeMs(latency)
  const jitterMs = spread === undefined ? 0 : readTimeMs(spread)
  return latencyMs === null || jitterMs === null || more.length > 0 ? null : { latencyMs, jitterMs }
}

function readTimeMs(value: string): number | null {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(value) ?? []
  const timeMs = Math.round(Number(number) * (unit === 's' ? 1_000 : 1))
  return timeMs <= faultLimits.latencyMs ? timeMs : null
}

function readSeconds(value: string): number | null {
  return value.endsWith('s') ? wholeIn(0, faultLimits.retryAfterSeconds)(value.slice(0, -1)) : null
}

function readShare(value: string): number | null {
  const [, number] = /^(\d+(?:\.\d+)?)%$/.exec(value) ?? []
  const rate = Number(number) / 100
  return rate <= 1 ? rate : null
}

function wholeIn(minimum: number, maximum: number): (value: string) => number | null {
  return (value) => (/^\d+$/.test(value) && Number(value) >= minimum && Number(value) <= maximum ? Number(value) : null)
}
