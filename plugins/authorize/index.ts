import type { FastifyReply, FastifyRequest } from 'fastify'
import { definePlugin, gatewayError, type BoundCounter, type GatewayError, type PluginMetrics } from '../../src/plugin-api/index.ts'
import { checkConfig } from './check-config.ts'
import { KINDS } from './compile-rule.ts'
import { compileMethodRules } from './method-rules.ts'
import { Opa } from './opa.ts'
import { schema } from './schema.ts'

/** Why a request was refused; the closed label set of `authorize_refused_total`. */
const REASONS = ['unauthenticated', ...KINDS, 'opa'] as const

type Reason = (typeof REASONS)[number]

export default definePlugin({
  name: 'authorize',
  phase: 'authorize',
  scopes: ['global', 'upstream', 'route'],
  shared: true,
  schema,

  check: checkConfig,

  async register(app, config, deps) {
    const ruleFor = compileMethodRules(config)
    const { opa } = config
    const opaOf = opa === undefined ? null : await deps.perRoute(({ name }) => new Opa(opa, deps, name))
    const refusalOf = await deps.perRoute(({ name }) => createRefusal(deps.metrics, name))

    app.addHook('onRequest', (request: FastifyRequest, _reply: FastifyReply, done: (error?: GatewayError) => void) => {
      const { gateway, method } = request
      const refuse = refusalOf(request)
      if (gateway.consumer === null && gateway.claims === null) return done(refuse('unauthenticated', false))
      const lacking = ruleFor(method)(gateway)
      if (lacking !== null) return done(refuse(lacking, gateway.claims !== null))
      if (opaOf === null) return done()
      const conclude = (allowed: boolean): void => done(allowed ? undefined : refuse('opa', false))
      opaOf(request).allows(request).then(conclude, done)
    })
  }
})

/** The answer does not tell which rule it was: that would help to find the way around it. */
function createRefusal(metrics: PluginMetrics, route: string): (reason: Reason, hasToken: boolean) => GatewayError {
  const counters = Object.fromEntries(
    REASONS.map((reason) => [reason, metrics.counter('authorize_refused_total', 'Requests refused by authorization.', { route, reason })])
  ) as Record<Reason, BoundCounter>
  return (reason, hasToken) => {
    counters[reason].inc()
    if (reason === 'unauthenticated') {
      const headers = { 'www-authenticate': 'Bearer realm="sallyport"' }
      return gatewayError('SP_UNAUTHENTICATED', { detail: 'The caller must be known.', headers })
    }
    // RFC 6750 section 3.1, without the scopes that would be enough.
    const headers = { 'www-authenticate': 'Bearer realm="sallyport", error="insufficient_scope"' }
    return gatewayError('SP_FORBIDDEN', { detail: 'The caller may not do this.', ...(reason === 'scopes' && hasToken ? { headers } : {}) })
  }
}
