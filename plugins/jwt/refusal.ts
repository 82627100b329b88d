import type { FastifyRequest } from 'fastify'
import { gatewayError, type BoundCounter, type GatewayError, type PluginDeps } from '../../src/plugin-api/index.ts'
import { REASONS, type Reason } from './reasons.ts'

/** Counts the refusal and hands it to the route's authentication; undefined lets the next plugin try. */
export type Refuse = (request: FastifyRequest, reason: Reason) => GatewayError | undefined

export function createRefusal({ metrics, authentication }: PluginDeps): Refuse {
  const counters = Object.fromEntries(
    REASONS.map((reason) => [reason, metrics.counter('auth_failures_total', 'Requests refused by authentication.', { plugin: 'jwt', reason })])
  ) as Record<Reason, BoundCounter>
  return (request, reason) => {
    counters[reason].inc()
    return authentication.refuse(request, reason === 'missing' ? 'missing' : 'invalid', errorOf(reason)) ?? undefined
  }
}

/** RFC 6750 section 3: no error code when the request carried no token; the same words for every bad token. */
function errorOf(reason: Reason): GatewayError {
  switch (reason) {
    case 'repeated':
      return gatewayError('SP_BAD_REQUEST', { detail: 'The request has more than one Authorization field.' })
    case 'unavailable':
      // Not the client's fault: it should keep its token and come again.
      return gatewayError('SP_AUTH_UNAVAILABLE', { detail: 'Tokens cannot be verified at the moment.', headers: { 'retry-after': '5' } })
    case 'missing':
      return gatewayError('SP_UNAUTHENTICATED', {
        detail: 'A bearer token is required.',
        headers: { 'www-authenticate': 'Bearer realm="sallyport"' }
      })
    default:
      return gatewayError('SP_UNAUTHENTICATED', {
        detail: 'The bearer token is not valid.',
        headers: { 'www-authenticate': 'Bearer realm="sallyport", error="invalid_token"' }
      })
  }
}
