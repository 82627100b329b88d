import type { DiscoveryEvent, ServiceName } from '../discovery/events.ts'
import pino, { type DestinationStream, type Logger } from 'pino'
import type { Clock } from '../plugin-api/index.ts'
import type { BreakerTransition } from '../policy/breaker/types.ts'
import type { HealthEvent } from '../policy/health/types.ts'
import { DescriptorOutput } from './descriptor-output.ts'
import { type ByteSink, LineBatch } from './line-batch.ts'
import type { PolicyOwner } from './metrics.ts'

export type GatewayLog = Logger

interface RedisChange {
  readonly isUp: boolean
  readonly server: string
  readonly reason: string
}

interface RedisErrors {
  readonly isFailing: boolean
  readonly server: string
  readonly code: string
}

/** Some 150 lines. To give a batch on costs as much as a request, and to another thread more than that. */
const BATCH_BYTES = 64 * 1024
/** Of lines that wait for a slow reader: some 150,000. */
const MOST_WAITING_BYTES = 64 * 1024 * 1024
const STANDARD_OUTPUT = 1
/** How long a line waits for others that are written with it. */
const BATCH_DELAY_MS = 100

/**
 * Structured lines, on standard output unless said otherwise; the level can be changed later through `log.level`.
 * @param thread Where several threads write one log: whose lines these are. Null for the thread that has no number.
 */
export function createLog(
  level: string,
  clock: Pick<Clock, 'wall' | 'after'>,
  destination: DestinationStream = toStandardOutput(clock),
  thread: { readonly worker: number } | null = null
): GatewayLog {
  const options = {
    level,
    base: thread,
    timestamp: createTimestamp(clock),
    formatters: { level: (label: string) => ({ level: label }) }
  }
  return pino(options, destination)
}

/** Lines that are given on together. */
export function inBatches(sink: ByteSink, clock: Pick<Clock, 'after'>): LineBatch {
  return new LineBatch(sink, { bytes: BATCH_BYTES, delayMs: BATCH_DELAY_MS, clock })
}

/** Not synchronous: a slow reader of the log must not slow requests down. */
function toStandardOutput(clock: Pick<Clock, 'after'>): LineBatch {
  return inBatches(new DescriptorOutput(STANDARD_OUTPUT, { clock, mostBytes: MOST_WAITING_BYTES }), clock)
}

/** The time as pino wants it, written out once for all lines of a millisecond. */
function createTimestamp(clock: Pick<Clock, 'wall'>): () => string {
  let atMs = Number.NaN
  let text = ''
  return () => {
    const now = clock.wall()
    if (now !== atMs) {
      atMs = now
      text = `,"time":"${new Date(now).toISOString()}"`
    }
    return text
  }
}

/** One line for each change of a breaker: when, whose, why, for how long. */
export function writeBreakerLine(log: GatewayLog, owner: PolicyOwner, transition: BreakerTransition): void {
  const { from, to, reason, openMs } = transition
  const facts = {
    ...(owner.upstream === '' ? {} : { upstream: owner.upstream }),
    ...(owner.route === '' ? {} : { route: owner.route }),
    from,
    to,
    reason,
    ...(openMs === null ? {} : { openMs: round(openMs) })
  }
  if (to === 'open' || to === 'forced-open') log.warn(facts, 'circuit breaker opened')
  else log.info(facts, `circuit breaker ${to}`)
}

/** One line when Redis, or a node of it, goes, and one when it is back. */
export function writeRedisLine(log: GatewayLog, { isUp, ...facts }: RedisChange): void {
  if (isUp) log.info(facts, 'redis is back')
  else log.warn(facts, 'redis is away')
}

/** One line when Redis, or a node of it, begins to answer with errors, and one when that is over. */
export function writeRedisErrorsLine(log: GatewayLog, { isFailing, ...facts }: RedisErrors): void {
  if (isFailing) log.warn(facts, 'redis answers with errors')
  else log.info(facts, 'redis answers without errors again')
}

/** One line for each change of an endpoint's health. */
export function writeHealthLine(log: GatewayLog, upstream: string, event: HealthEvent): void {
  switch (event.kind) {
    case 'ejected':
      return log.warn({ upstream, endpoint: event.key, reason: event.reason, forMs: round(event.forMs) }, 'endpoint ejected')
    case 'unhealthy':
      return log.warn({ upstream, endpoint: event.key, reason: event.reason }, 'endpoint unhealthy')
    case 'panic':
      if (event.on) return log.error({ upstream }, 'too few usable endpoints: all are used whatever their health')
      return log.info({ upstream }, 'enough usable endpoints again')
    case 'recovered':
    case 'healthy':
      return log.info({ upstream, endpoint: event.key }, `endpoint ${event.kind}`)
  }
}

/** One line for each change of what is known of a service. */
export function writeDiscoveryLine(log: GatewayLog, name: ServiceName, event: DiscoveryEvent): void {
  const { kind, ...facts } = event
  switch (kind) {
    case 'changed':
      return log.info({ ...name, ...facts }, 'endpoints changed')
    case 'restored':
      return log.info({ ...name, ...facts }, 'endpoints from before are used until the registry answers')
    case 'recovered':
      return log.info({ ...name, ...facts }, 'the registry answers again')
    case 'failing':
      return log.warn({ ...name, ...facts }, 'the registry does not answer, the last known endpoints stay')
    case 'held':
      return log.warn({ ...name, ...facts }, 'endpoints that the registry names no more are kept for now')
    case 'skipped':
      return log.warn({ ...name, ...facts }, 'an entry of the registry cannot be used')
  }
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
