import type { FastifyReply, FastifyRequest } from 'fastify'
import { definePlugin, gatewayError, type BoundCounter, type GatewayError, type PluginDeps } from '../../src/plugin-api/index.ts'
import { createConsumers } from './consumers.ts'
import { createTokenFinder } from './find-token.ts'
import { createIntrospector, type Claims } from './introspector.ts'
import { createJudge } from './judge.ts'
import { REASONS, type Reason } from './reasons.ts'
import { schema, settingsIssues, type IntrospectionConfig } from './schema.ts'

export default definePlugin({
  name: 'introspection',
  phase: 'authenticate',
  scopes: ['global', 'upstream', 'route'],
  shared: true,
  schema,
  check: settingsIssues,

  register(app, config, deps) {
    const { authentication } = deps
    const examine = createExaminer(config, deps)
    const consumerOf = createConsumers(deps.consumers)
    const errorOf = createErrors(deps)

    app.addHook('onRequest', async (request: FastifyRequest, _reply: FastifyReply) => {
      if (authentication.isDecided(request)) return
      const verdict = await examine(request)
      if (typeof verdict !== 'string') {
        authentication.accept(request, consumerOf(verdict.claims), verdict.claims)
        return
      }
      const error = authentication.refuse(request, verdict === 'missing' ? 'missing' : 'invalid', errorOf(verdict))
      if (error !== null) throw error
    })
  }
})

function createExaminer(config: IntrospectionConfig, deps: PluginDeps): (request: FastifyRequest) => Promise<{ readonly claims: Claims } | Reason> {
  const find = createTokenFinder(config.from)
  const introspect = createIntrospector(config, deps)
  const judge = createJudge(config)
  return async (request) => {
    const found = find(request)
    if (typeof found === 'string') return found
    const answer = await introspect(found.token)
    if (answer.kind !== 'active') return answer.kind
    return judge(answer.claims, deps.clock.wall()) ?? answer
  }
}

/** RFC 6750 section 3: no error code when the request carried no token; the same words for every bad token. */
function createErrors({ metrics }: PluginDeps): (reason: Reason) => GatewayError {
  const counters = Object.fromEntries(
    REASONS.map((reason) => [
      reason,
      metrics.counter('auth_failures_total', 'Requests refused by authentication.', { plugin: 'introspection', reason })
    ])
  ) as Record<Reason, BoundCounter>
  return (reason) => {
    counters[reason].inc()
    if (reason === 'unavailable') return gatewayError('SP_AUTH_UNAVAILABLE', { detail: 'Tokens cannot be checked at the moment.' })
    if (reason === 'repeated') return gatewayError('SP_BAD_REQUEST', { detail: 'The request has more than one token.' })
    const challenge = reason === 'missing' ? 'Bearer realm="sallyport"' : 'Bearer realm="sallyport", error="invalid_token"'
    return gatewayError('SP_UNAUTHENTICATED', {
      detail: reason === 'missing' ? 'A bearer token is required.' : 'The bearer token is not valid.',
      headers: { 'www-authenticate': challenge }
    })
  }
}
