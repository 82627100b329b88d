import type { Exchange } from './exchange.ts'
import { hopsLeft } from './max-forwards.ts'
import { closesAfter, sendProblem } from './problem.ts'
import { applyPluginsSafely } from './response-head.ts'

/**
 * Ends an OPTIONS request here when its `Max-Forwards` says so (RFC 9110 section 7.6.2), and refuses one that cannot be counted down.
 * Returns whether the request has been answered.
 */
export function endsHere(exchange: Exchange): boolean {
  const field = exchange.header('max-forwards')
  if (field === undefined) return false
  const hops = hopsLeft(field)
  if (hops === null) sendProblem(exchange, 'SP_BAD_REQUEST', { detail: 'Max-Forwards is not a number', close: true })
  else if (hops === 0) answerOptions(exchange, exchange.allow)
  else return false
  return true
}

/** Answers as the final recipient (RFC 9110 section 9.3.7). Does nothing when an answer has begun. */
export function answerOptions(exchange: Exchange, allow: readonly string[]): void {
  const { response, decision } = exchange
  if (response.headersSent || response.destroyed) return
  const fields = ['allow', allow.join(', '), 'content-length', '0']
  if (closesAfter(exchange)) fields.push('connection', 'close')
  if (exchange.runtime.hasPlugins) applyPluginsSafely(exchange, 200, fields)
  decision.status = 200
  response.writeHead(200, 'OK', fields)
  response.end()
}
