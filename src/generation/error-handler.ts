import { STATUS_CODES } from 'node:http'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, isGatewayError } from '../errors.ts'
import { failExchange, PROBLEM_TYPE, sendProblem } from '../proxy/problem.ts'
import { exchangeOf } from './exchange-slot.ts'

/** Plain Fastify plugins refuse with a status; those that the table knows become its errors. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'SP_BAD_REQUEST',
  401: 'SP_UNAUTHENTICATED',
  403: 'SP_FORBIDDEN',
  413: 'SP_BODY_TOO_LARGE',
  429: 'SP_RATE_LIMITED',
  503: 'SP_OVERLOADED'
}

/** Everything that a hook throws ends here; it becomes an answer of the table, never a library's message. */
export function handleError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const exchange = exchangeOf(request.raw)
  exchange.reply = reply
  if (isGatewayError(error)) {
    reply.hijack()
    sendProblem(exchange, error.code, { detail: error.detail, headers: error.headers })
    return
  }
  const status = error.statusCode ?? 500
  const code = BY_STATUS[status]
  if (code !== undefined) {
    reply.hijack()
    sendProblem(exchange, code)
  } else if (status >= 400 && status < 500) {
    const body = { type: 'about:blank', title: STATUS_CODES[status] ?? 'Request refused', status, requestId: exchange.id }
    // As bytes: to a text Fastify would add a charset, which the media type does not have.
    void reply
      .code(status)
      .type(PROBLEM_TYPE)
      .send(Buffer.from(JSON.stringify(body)))
  } else {
    reply.hijack()
    failExchange(exchange, 'SP_PLUGIN_FAILED', error)
  }
}
