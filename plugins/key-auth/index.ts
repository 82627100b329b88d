import type { FastifyReply, FastifyRequest } from 'fastify'
import { definePlugin, gatewayError, type BoundCounter, type ConsumerEntry, type GatewayError, type PluginDeps } from '../../src/plugin-api/index.ts'
import { createKeyFinder } from './find-key.ts'
import { KeyIndex } from './key-index.ts'
import { REASONS, type Reason } from './reasons.ts'
import { schema } from './schema.ts'

const CHALLENGE = { 'www-authenticate': 'ApiKey realm="sallyport"' }

export default definePlugin({
  name: 'key-auth',
  phase: 'authenticate',
  scopes: ['global', 'upstream', 'route'],
  shared: true,
  schema,

  check(config) {
    if (config.query === undefined) return []
    return [
      {
        severity: 'warning',
        path: ['query'],
        message: 'a key in the query reaches the upstream and the logs on the way',
        hint: 'prefer the field; it is taken away before the upstream'
      }
    ]
  },

  register(app, config, deps) {
    const find = createKeyFinder(config)
    const keys = indexFor(deps)
    const refuse = createRefusal(deps)
    const { authentication } = deps

    app.addHook('onRequest', (request: FastifyRequest, _reply: FastifyReply, done: (error?: GatewayError) => void) => {
      if (config.hideCredentials) request.gateway.removeRequestHeader(config.header)
      if (authentication.isDecided(request)) return done()
      const found = find(request)
      if (typeof found === 'string') return done(refuse(request, found))
      const consumer = keys.find(found)
      if (consumer === null) return done(refuse(request, 'unknown'))
      authentication.accept(request, consumer)
      done()
    })
  }
})

/** One index for all routes of a configuration: it is built for the list of consumers that the configuration has. */
function indexFor(deps: PluginDeps): KeyIndex {
  const { consumers, log } = deps
  const indexes = deps.state('indexes', () => new WeakMap<readonly ConsumerEntry[], KeyIndex>())
  const known = indexes.get(consumers)
  if (known !== undefined) return known
  const index = new KeyIndex(consumers)
  if (index.size === 0) log.warn({ consumers: consumers.length }, 'no consumer has an api key: key-auth will refuse every request')
  indexes.set(consumers, index)
  return index
}

/** The same words for every kind of wrong key. */
function createRefusal({ authentication, metrics }: PluginDeps): (request: FastifyRequest, reason: Reason) => GatewayError | undefined {
  const counters = Object.fromEntries(
    REASONS.map((reason) => [reason, metrics.counter('auth_failures_total', 'Requests refused by authentication.', { plugin: 'key-auth', reason })])
  ) as Record<Reason, BoundCounter>
  return (request, reason) => {
    counters[reason].inc()
    const missing = reason === 'missing'
    const error = gatewayError('SP_UNAUTHENTICATED', {
      detail: missing ? 'An API key is required.' : 'The API key is not valid.',
      headers: CHALLENGE
    })
    return authentication.refuse(request, missing ? 'missing' : 'invalid', error) ?? undefined
  }
}
