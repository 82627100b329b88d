import type { FastifyReply, FastifyRequest } from 'fastify'
import { definePlugin, durationMs, gatewayError, type BoundCounter, type GatewayError, type PluginDeps } from '../../src/plugin-api/index.ts'
import { readKeys } from './keys.ts'
import { hasBody, readMessage } from './message.ts'
import { REASONS, type Reason } from './reasons.ts'
import { ReplayMemory } from './replay-memory.ts'
import { schema, settingsIssues, type HmacAuthConfig } from './schema.ts'
import { verifyMessage, type VerifiedSignature } from './verifier.ts'

export default definePlugin({
  name: 'hmac-auth',
  phase: 'authenticate',
  scopes: ['global', 'upstream', 'route'],
  shared: true,
  schema,
  check: settingsIssues,

  register(app, config, deps) {
    const { authentication } = deps
    const judge = createJudge(config, deps)
    const errorOf = createErrors(config, deps)

    app.addHook('onRequest', (request: FastifyRequest, _reply: FastifyReply, done: (error?: GatewayError) => void) => {
      if (authentication.isDecided(request)) return done()
      const verdict = judge(request)
      if (typeof verdict === 'string') {
        return done(authentication.refuse(request, verdict === 'missing' ? 'missing' : 'invalid', errorOf(verdict, request)) ?? undefined)
      }
      authentication.accept(request, verdict.consumer)
      done()
    })
  }
})

function createJudge(config: HmacAuthConfig, deps: PluginDeps): (request: FastifyRequest) => VerifiedSignature | Reason {
  const { clock } = deps
  const settings = {
    keys: readKeys(deps.consumers, config.algorithms),
    required: config.required,
    contentDigest: config.contentDigest,
    tag: config.tag ?? null,
    maxAgeMs: durationMs(config.maxAge),
    clockSkewMs: durationMs(config.clockSkew)
  }
  const { maxRemembered } = config
  const windowMs = settings.maxAgeMs + 2 * settings.clockSkewMs
  // Shared by routes: a copy sent to another route is a copy.
  const memory = deps.state(`copies ${windowMs} ${maxRemembered}`, () => new ReplayMemory(windowMs, maxRemembered))
  return (request) => {
    const { headers } = request
    if (headers['signature-input'] === undefined && headers.signature === undefined) return 'missing'
    const message = readMessage(request, config.scheme ?? null)
    if (message === null) return 'target'
    const verdict = verifyMessage(message, settings, clock.wall())
    if (typeof verdict === 'string' || maxRemembered === 0) return verdict
    const remembered = memory.remember(verdict.keyId, verdict.copyId, clock.now())
    if (remembered === 'full') return 'exhausted'
    return remembered === 'seen' ? 'replayed' : verdict
  }
}

/** The same words for every bad signature; only what the request itself shows is told. */
function createErrors(config: HmacAuthConfig, { metrics, log }: PluginDeps): (reason: Reason, request: FastifyRequest) => GatewayError {
  const counters = Object.fromEntries(
    REASONS.map((reason) => [reason, metrics.counter('auth_failures_total', 'Requests refused by authentication.', { plugin: 'hmac-auth', reason })])
  ) as Record<Reason, BoundCounter>
  const withoutBody = acceptSignature(config, [])
  const withBody = acceptSignature(config, config.contentDigest ? ['content-digest'] : [])
  return (reason, request) => {
    counters[reason].inc()
    log.debug({ requestId: request.gateway.id, reason }, 'no good signature')
    if (reason === 'target') return gatewayError('SP_BAD_REQUEST', { detail: 'A signed request needs a Host and a path in canonical spelling.' })
    if (reason === 'exhausted') {
      const retryAfter = String(Math.ceil(durationMs(config.maxAge) / 1000))
      return gatewayError('SP_RATE_LIMITED', { detail: 'Too many signed requests of one key.', headers: { 'retry-after': retryAfter } })
    }
    return gatewayError('SP_UNAUTHENTICATED', {
      detail: detailOf(reason),
      headers: { 'www-authenticate': 'Signature realm="sallyport"', 'accept-signature': hasBody(request) ? withBody : withoutBody }
    })
  }
}

function detailOf(reason: Reason): string {
  if (reason === 'missing') return 'A signature is required.'
  return reason === 'unsupported' ? 'The signature covers a component of a kind that is not supported.' : 'The signature is not valid.'
}

/** What a signature must be like, RFC 9421 section 5.1. */
function acceptSignature({ required, tag }: HmacAuthConfig, more: readonly string[]): string {
  const components = [...new Set([...required, ...more])].map((name) => `"${name}"`).join(' ')
  return `sig=(${components});created;keyid${tag === undefined ? '' : `;tag="${tag.replace(/["\\]/g, '\\$&')}"`}`
}
