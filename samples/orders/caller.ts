import type { FastifyRequest } from 'fastify'
import type { CallContext } from '../kit/http-client.ts'
import { Problem } from '../kit/problem.ts'

/**
 * The user that the gateway has verified, if it names one. The header is believed: the service listens where only the
 * gateway reaches it, and the gateway removes the header from what clients send.
 */
export function verifiedUserOf(request: FastifyRequest): string | undefined {
  const header = request.headers['x-user-id']
  return typeof header === 'string' && header !== '' ? header : undefined
}

/** Whom the request is about: the verified user, who may name himself but nobody else. */
export function userConcerned(request: FastifyRequest, named: string | undefined): string | undefined {
  const verified = verifiedUserOf(request)
  if (verified === undefined || named === undefined || named === verified) return named ?? verified
  throw new Problem(403, 'other-user', 'The user named in the request is not the one who sent it')
}

export function callContextOf(request: FastifyRequest): CallContext {
  const { traceparent, tracestate } = request.headers
  return {
    requestId: request.id,
    ...(typeof traceparent === 'string' ? { traceparent } : {}),
    ...(typeof tracestate === 'string' ? { tracestate } : {})
  }
}
