import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  definePlugin,
  fieldValue,
  gatewayError,
  type BoundCounter,
  type ConsumerEntry,
  type GatewayError,
  type PluginDeps
} from '../../src/plugin-api/index.ts'
import { CertificateIndex } from './certificate-index.ts'
import { createPeerReader } from './peer.ts'
import { REASONS, type Reason } from './reasons.ts'
import { schema } from './schema.ts'

export default definePlugin({
  name: 'mtls',
  phase: 'authenticate',
  scopes: ['global', 'upstream', 'route'],
  shared: true,
  schema,

  check({ forward: { fingerprint, subject } }) {
    if (fingerprint === undefined || fingerprint.toLowerCase() !== subject?.toLowerCase()) return []
    return [{ severity: 'error', path: ['forward', 'subject'], message: `${fingerprint} cannot hold both the fingerprint and the subject` }]
  },

  register(app, { forward }, deps) {
    const readPeer = createPeerReader(indexFor(deps))
    const refuse = createRefusal(deps)
    const fields = (['fingerprint', 'subject'] as const).flatMap((fact) => {
      const name = forward[fact]
      return name === undefined ? [] : { name, fact }
    })
    const { authentication, clock } = deps

    app.addHook('onRequest', (request: FastifyRequest, _reply: FastifyReply, done: (error?: GatewayError) => void) => {
      const { gateway } = request
      // Before anything is decided: a client must not speak for the gateway.
      for (const { name } of fields) gateway.removeRequestHeader(name)
      if (authentication.isDecided(request)) return done()
      const peer = readPeer(request.raw.socket)
      if (typeof peer === 'string') return done(refuse(request, peer))
      if (peer.consumer === null) return done(refuse(request, 'unknown'))
      // The handshake has judged the time once; a connection, or a session that is resumed, may outlive the certificate.
      if (clock.wall() > peer.facts.expiresMs) return done(refuse(request, 'expired'))
      for (const { name, fact } of fields) if (peer.facts[fact] !== '') gateway.setRequestHeader(name, fieldValue(peer.facts[fact]))
      authentication.accept(request, peer.consumer)
      done()
    })
  }
})

/** One index for all routes of a configuration: it is built for the list of consumers that the configuration has. */
function indexFor(deps: PluginDeps): CertificateIndex {
  const { consumers, log } = deps
  const indexes = deps.state('indexes', () => new WeakMap<readonly ConsumerEntry[], CertificateIndex>())
  const known = indexes.get(consumers)
  if (known !== undefined) return known
  const index = new CertificateIndex(consumers)
  if (index.size === 0) log.warn({ consumers: consumers.length }, 'no consumer has a certificate: mtls will refuse every request')
  indexes.set(consumers, index)
  return index
}

/** The same words for every certificate that does not let in; one that nobody vouches for is none. */
function createRefusal({ authentication, metrics }: PluginDeps): (request: FastifyRequest, reason: Reason) => GatewayError | undefined {
  const counters = Object.fromEntries(
    REASONS.map((reason) => [reason, metrics.counter('auth_failures_total', 'Requests refused by authentication.', { plugin: 'mtls', reason })])
  ) as Record<Reason, BoundCounter>
  return (request, reason) => {
    counters[reason].inc()
    const missing = reason === 'missing' || reason === 'unverified'
    const error = gatewayError('SP_UNAUTHENTICATED', {
      detail: missing ? 'A verified client certificate is required.' : 'The client certificate is not accepted.',
      // A 401 must have a challenge (RFC 9110 section 15.5.2), and no scheme is registered for certificates.
      headers: { 'www-authenticate': 'ClientCertificate realm="sallyport"' }
    })
    return authentication.refuse(request, missing ? 'missing' : 'invalid', error) ?? undefined
  }
}
