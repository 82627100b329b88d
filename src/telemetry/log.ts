import pino, { type DestinationStream, type Logger } from 'pino'
import type { Exchange } from '../proxy/exchange.ts'
import { upstreamMs } from '../proxy/decision.ts'

export type GatewayLog = Logger

/** Structured lines on standard output; the level can be changed later through `log.level`. */
export function createLog(level: string, destination?: DestinationStream): GatewayLog {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) }
  }
  // Not synchronous: a slow reader of the log must not slow requests down.
  return pino(options, destination ?? pino.destination({ dest: 1, sync: false }))
}

/** One line a request. The query is left out: it is where tokens end up by mistake. */
export function writeAccessLine(log: GatewayLog, exchange: Exchange): void {
  const { decision, facts } = exchange
  const last = decision.attempts.at(-1)
  const durationMs = decision.endedMs - decision.startedMs
  log.info(
    {
      requestId: exchange.id,
      method: decision.method,
      host: facts.host,
      path: facts.path,
      route: exchange.route.name,
      status: decision.clientAborted ? 499 : decision.status,
      ...(decision.code === null ? {} : { code: decision.code }),
      ...(decision.plugin === null ? {} : { plugin: decision.plugin }),
      ...(exchange.consumer === null ? {} : { consumer: exchange.consumer.name }),
      ...(last === undefined
        ? {}
        : { upstream: exchange.route.upstream, endpoint: last.endpoint, outcome: last.outcome, attempts: decision.attempts.length }),
      durationMs: round(durationMs),
      upstreamMs: round(upstreamMs(decision)),
      requestBytes: decision.requestBytes,
      responseBytes: decision.responseBytes,
      client: facts.clientIp
    },
    'request'
  )
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
