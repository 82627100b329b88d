import type { FastifyReply, FastifyRequest } from 'fastify'
import {
  claimFieldValue,
  definePlugin,
  gatewayError,
  readClaim,
  type BoundCounter,
  type CheckIssue,
  type GatewayError,
  type GatewayRequest,
  type PluginDeps
} from '../../src/plugin-api/index.ts'
import { createTokenFinder } from './find-token.ts'
import { REASONS, type Reason } from './reasons.ts'
import { providerSchema, schema, type JwtConfig, type JwtProvider } from './schema.ts'
import { mergedIssues, mergeProvider, noProvider, providerIssues, resolveSettings, ruleFingerprint, type JwtSettings } from './settings.ts'
import { TokenCache } from './token-cache.ts'
import { judgeTime, type VerifiedToken } from './verified-token.ts'
import { registerVerifier, type Verify } from './verifier.ts'

export default definePlugin({
  name: 'jwt',
  phase: 'authenticate',
  scopes: ['global', 'upstream', 'route'],
  schema,
  providerSchema,

  checkProvider: (provider) => providerIssues(provider as JwtProvider),

  check(config, { providers }) {
    if (config.provider === undefined) return resolveSettings(config).issues
    const shared = providers.get(config.provider)
    if (shared === undefined) return [noProvider(config.provider, [...providers.keys()])]
    return shared === null ? [] : mergedIssues(shared as JwtProvider, config)
  },

  async register(app, config, deps) {
    const settings = settingsFor(config, deps)
    const verify = await registerVerifier(app, settings.rule)
    const cache = deps.state(`tokens ${ruleFingerprint(settings.rule, config.cacheSize)}`, () => new TokenCache(config.cacheSize))
    const find = createTokenFinder(config.from)
    const judge = createJudge(verify, cache, settings.leewayMs, deps)
    const refuse = createRefusal(deps)
    const setClaimHeaders = createClaimHeaders(config.claimsToHeaders)
    const { authentication } = deps

    app.addHook('onRequest', (request: FastifyRequest, _reply: FastifyReply, done: (error?: GatewayError) => void) => {
      const { gateway } = request
      // Whatever is decided: a client must not speak for the gateway.
      setClaimHeaders(gateway, null)
      if (authentication.isDecided(request)) return done()
      const found = find(request)
      if (found.kind === 'none' && config.optional) return done()
      const verdict = found.kind === 'token' ? judge(found.token) : found.kind === 'none' ? 'missing' : found.kind
      if (typeof verdict === 'string') {
        return done(authentication.refuse(request, verdict === 'missing' ? 'missing' : 'invalid', refuse(verdict)) ?? undefined)
      }
      authentication.accept(request, verdict.consumer, verdict.claims)
      setClaimHeaders(gateway, verdict)
      done()
    })
  }
})

/** @throws TypeError naming what is wrong, where nobody asked `check` before. */
function settingsFor(config: JwtConfig, deps: PluginDeps): JwtSettings {
  const shared = config.provider === undefined ? {} : (deps.provider(config.provider) as JwtProvider)
  const { settings, issues } = resolveSettings(mergeProvider(shared, config))
  if (settings === null)
    throw new TypeError(
      issues
        .filter(isError)
        .map((issue) => [...issue.path, issue.message].join(': '))
        .join('; ')
    )
  return settings
}

const isError = (issue: CheckIssue): boolean => issue.severity === 'error'

function createJudge(verify: Verify, cache: TokenCache, leewayMs: number, deps: PluginDeps): (token: string) => VerifiedToken | Reason {
  const { clock } = deps
  return (token) => {
    const known = cache.get(token)
    const verified = known ?? verify(token)
    if (typeof verified === 'string') return verified
    const verdict = judgeTime(verified, clock.wall(), leewayMs)
    if (verdict === 'valid') {
      if (known === undefined) cache.set(token, verified)
      return verified
    }
    if (verdict === 'expired') cache.delete(token)
    return verdict
  }
}

/** RFC 6750 section 3: no error code when the request carried no token; the same words for every bad token. */
function createRefusal(deps: PluginDeps): (reason: Reason) => GatewayError {
  const counters = Object.fromEntries(
    REASONS.map((reason) => [reason, deps.metrics.counter('auth_failures_total', 'Requests refused by authentication.', { plugin: 'jwt', reason })])
  ) as Record<Reason, BoundCounter>
  return (reason) => {
    counters[reason].inc()
    if (reason === 'repeated') return gatewayError('SP_BAD_REQUEST', { detail: 'The request has more than one Authorization field.' })
    const challenge = reason === 'missing' ? 'Bearer realm="sallyport"' : 'Bearer realm="sallyport", error="invalid_token"'
    return gatewayError('SP_UNAUTHENTICATED', {
      detail: reason === 'missing' ? 'A bearer token is required.' : 'The bearer token is not valid.',
      headers: { 'www-authenticate': challenge }
    })
  }
}

/** Sets the fields from the claims. Each is removed first, with or without a token: a client must not speak for the gateway. */
function createClaimHeaders(mapping: JwtConfig['claimsToHeaders']): (gateway: GatewayRequest, token: VerifiedToken | null) => void {
  const fields = Object.entries(mapping).map(([name, path]) => ({ name: name.toLowerCase(), path }))
  return (gateway, token) => {
    for (const { name, path } of fields) {
      gateway.removeRequestHeader(name)
      const value = token === null ? undefined : claimFieldValue(readClaim(token.claims, path))
      if (value !== undefined) gateway.setRequestHeader(name, value)
    }
  }
}
