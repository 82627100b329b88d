import { STATUS_CODES } from 'node:http'
import type { Exchange } from './exchange.ts'
import { closesAfter } from './problem.ts'
import { applyPluginsSafely } from './response-head.ts'
import type { FallbackRuntime } from './route-runtime.ts'

type StaticAnswer = Extract<FallbackRuntime['answer'], { kind: 'static' }>

/** Answers with what the configuration has ready. Does nothing when an answer has begun. */
export function sendStaticFallback(exchange: Exchange, answer: StaticAnswer): void {
  const { response, decision } = exchange
  decision.fallback = 'static'
  if (response.headersSent || response.destroyed) return
  const body = Buffer.from(answer.body)
  const fields: string[] = []
  for (const [name, value] of answer.headers) fields.push(name, value)
  // An answer without content has no length either (RFC 9110 section 8.6).
  if (answer.status !== 204 && answer.status !== 304) fields.push('content-length', String(body.length))
  if (closesAfter(exchange)) fields.push('connection', 'close')
  if (exchange.runtime.hasPlugins) applyPluginsSafely(exchange, answer.status, fields)
  decision.status = answer.status
  response.writeHead(answer.status, STATUS_CODES[answer.status] ?? '', fields)
  if (decision.method === 'HEAD') response.end()
  else {
    decision.responseBytes = body.length
    response.end(body)
  }
}
