import pino, { type DestinationStream } from 'pino'
import type { Exchange } from '../proxy/exchange.ts'
import { decisiveAttempt, upstreamMs } from '../proxy/decision.ts'
import type { GatewayLog } from './log.ts'

/** What pino keeps for those who write lines of their own: where they go, the fields that each has, and the time as it is written. */
interface PinoState {
  readonly [pino.symbols.streamSym]: DestinationStream
  readonly [pino.symbols.chindingsSym]: string
  readonly [pino.symbols.timeSym]: () => string
}

/**
 * One line a request, as pino would write it, put together by hand: the fields are known, and to collect them in an object that is then taken
 * apart again costs eight times as much (docs/performance.md).
 */
export class AccessLog {
  readonly #log: GatewayLog
  readonly #state: PinoState
  readonly #level: number

  constructor(log: GatewayLog) {
    this.#log = log
    this.#state = log as unknown as PinoState
    this.#level = log.levels.values['info'] as number
  }

  /** The query is left out: it is where tokens end up by mistake. */
  write(exchange: Exchange): void {
    if (this.#log.levelVal > this.#level) return
    const { decision, facts, consumer, route } = exchange
    const last = decisiveAttempt(decision)
    let line = `{"level":"info"${this.#state[pino.symbols.timeSym]()}${this.#state[pino.symbols.chindingsSym]}`
    line += `,"requestId":${quoted(exchange.id)},"httpVersion":"${exchange.raw.httpVersion}","method":${quoted(decision.method)}`
    line += `,"host":${quoted(facts.host)},"path":${quoted(facts.path)},"route":${quoted(route.name)}`
    line += `,"status":${decision.clientAborted ? 499 : decision.status}`
    if (decision.code !== null) line += `,"code":"${decision.code}"`
    if (decision.plugin !== null) line += `,"plugin":${quoted(decision.plugin)}`
    if (consumer !== null) line += `,"consumer":${quoted(consumer.name)}`
    if (last !== undefined) {
      line += `,"upstream":${quoted(route.upstream ?? '')},"endpoint":${quoted(last.endpoint)},"outcome":"${last.outcome}"`
      line += `,"attempts":${decision.attempts.length}`
    }
    if (decision.retry !== null) line += `,"retry":${quoted(decision.retry)}`
    if (decision.fallback !== null) line += `,"fallback":${quoted(decision.fallback)}`
    if (decision.ended !== null) line += `,"ended":${quoted(decision.ended)}`
    line += `,"durationMs":${rounded(decision.endedMs - decision.startedMs)},"upstreamMs":${rounded(upstreamMs(decision))}`
    line += `,"requestBytes":${decision.requestBytes},"responseBytes":${decision.responseBytes}`
    this.#state[pino.symbols.streamSym].write(`${line},"client":${quoted(facts.clientIp)},"msg":"request"}\n`)
  }
}

/** What JSON.stringify does not leave as it is (ECMA-262, QuoteJSONString). */
// oxlint-disable-next-line no-control-regex
const SPECIAL = /["\\\u0000-\u001f\ud800-\udfff]/

function quoted(text: string): string {
  return SPECIAL.test(text) ? JSON.stringify(text) : `"${text}"`
}

function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}
