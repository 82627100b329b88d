import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { definePlugin, type GatewayError, type PluginDeps } from '../../src/plugin-api/index.ts'
import { createClaimFields } from './claim-fields.ts'
import { findSetKey, findStaticKey, type KeyFinder } from './find-key.ts'
import { createTokenFinder } from './find-token.ts'
import { createJudge, type IssuerRule, type Verdict } from './judge.ts'
import { takeSource } from './key-source.ts'
import { configIssues, providerIssues, settingsOf, type Lookup } from './providers.ts'
import { createRefusal } from './refusal.ts'
import { providerSchema, schema, type JwtProvider } from './schema.ts'
import { fingerprintOf, type JwtSettings, type TokenRule } from './settings.ts'
import { createSubjects } from './subjects.ts'
import { TokenCache } from './token-cache.ts'
import { registerVerifier } from './verifier.ts'

type Done = (error?: GatewayError) => void

export default definePlugin({
  name: 'jwt',
  phase: 'authenticate',
  scopes: ['global', 'upstream', 'route'],
  shared: true,
  schema,
  providerSchema,

  checkProvider: (provider) => providerIssues(provider as JwtProvider),

  check: (config, { providers }) => configIssues(config, providers.get.bind(providers) as Lookup, [...providers.keys()]),

  async register(app, config, deps) {
    const { authentication } = deps
    const settings = settingsOf(config, (name) => deps.provider(name) as JwtProvider)
    const rules = await issuerRules(app, settings, deps)
    const cache = takeCache(
      settings.map(({ rule }) => rule),
      config.cacheSize,
      deps
    )
    const find = createTokenFinder(config.from)
    const judge = createJudge(rules, cache, deps.clock)
    const consumerOf = createSubjects(deps.consumers)
    const refuse = createRefusal(deps)
    const fields = createClaimFields(config.claimsToHeaders)

    const settle = (request: FastifyRequest, verdict: Verdict): GatewayError | undefined => {
      if (typeof verdict === 'string') return refuse(request, verdict)
      authentication.accept(request, consumerOf(verdict.claims) ?? verdict.consumer, verdict.claims)
      fields.fill(request.gateway, verdict.claims)
      return undefined
    }

    app.addHook('onRequest', (request: FastifyRequest, _reply: FastifyReply, done: Done) => {
      fields.clear(request.gateway)
      if (authentication.isDecided(request)) return done()
      const found = find(request)
      if (found.kind === 'none' && config.optional) return done()
      if (found.kind !== 'token') return done(refuse(request, found.kind === 'none' ? 'missing' : found.kind))
      const verdict = judge(found.token)
      if (!(verdict instanceof Promise)) return done(settle(request, verdict))
      void settleLater(verdict, (later) => settle(request, later), done)
    })
  }
})

/** For the few requests that come before their key. */
async function settleLater(pending: Promise<Verdict>, settle: (verdict: Verdict) => GatewayError | undefined, done: Done): Promise<void> {
  let error: GatewayError | undefined
  try {
    error = settle(await pending)
  } catch (thrown) {
    error = thrown as GatewayError
  }
  done(error)
}

/** One after the other: each registers a verifier of its own. */
async function issuerRules(app: FastifyInstance, settings: readonly JwtSettings[], deps: PluginDeps): Promise<readonly IssuerRule[]> {
  const rules: IssuerRule[] = []
  for (const one of settings) rules.push({ ...one, findKey: await keyFinder(app, one.rule, deps) })
  return rules
}

async function keyFinder(app: FastifyInstance, rule: TokenRule, deps: PluginDeps): Promise<KeyFinder> {
  const { keys } = rule
  if (keys.kind === 'static') return findStaticKey(await registerVerifier(app, rule, keys.key))
  return findSetKey(takeSource(keys, deps), keys.waitMs, rule)
}

function takeCache(rules: readonly TokenRule[], size: number, deps: PluginDeps): TokenCache {
  return deps.state(`tokens ${fingerprintOf(rules, size)}`, () => new TokenCache(size))
}
