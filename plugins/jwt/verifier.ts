import fastifyJwt from '@fastify/jwt'
import type { FastifyInstance } from 'fastify'
import { classifyTokenError, type Reason } from './reasons.ts'
import type { TokenRule } from './settings.ts'
import { describeToken, type VerifiedToken } from './verified-token.ts'

export type Verify = (token: string) => VerifiedToken | Reason

/**
 * Registers @fastify/jwt for the rule and drives the synchronous `app.jwt.<namespace>.verify`, which is fast-jwt's verifier;
 * `request.jwtVerify()` would decode twice and wait. Time is left out: fast-jwt knows only the system clock or a fixed one.
 */
export async function registerVerifier(app: FastifyInstance, rule: TokenRule): Promise<Verify> {
  const namespace = freeNamespace(app)
  await app.register(fastifyJwt, {
    namespace,
    decoratorName: `${namespace}JwtUser`,
    // Only the `public` half: without a private one @fastify/jwt makes no signer, also for a shared secret.
    secret: { public: rule.key } as never,
    verify: {
      algorithms: [...rule.algorithms],
      ...(rule.issuers.length > 0 && { allowedIss: [...rule.issuers] }),
      ...(rule.audiences.length > 0 && { allowedAud: [...rule.audiences] }),
      requiredClaims: [...rule.requiredClaims],
      ignoreExpiration: true,
      ignoreNotBefore: true,
      cache: false
    }
  })
  const jwt = namespaces(app)[namespace]
  if (jwt === undefined) throw new TypeError('@fastify/jwt did not register its namespace')
  return (token) => {
    try {
      return describeToken(jwt.verify<Record<string, unknown>>(token)) ?? 'malformed'
    } catch (error) {
      return classifyTokenError(error)
    }
  }
}

interface Namespaced {
  verify<T>(token: string): T
}

function namespaces(app: FastifyInstance): Record<string, Namespaced | undefined> {
  return (app.hasDecorator('jwt') ? app.jwt : {}) as unknown as Record<string, Namespaced | undefined>
}

// A chain may hold this plugin twice, under another alias; @fastify/jwt refuses a name that is taken.
function freeNamespace(app: FastifyInstance): string {
  const taken = namespaces(app)
  let number = 1
  while (taken[`sallyport${number}`] !== undefined) number++
  return `sallyport${number}`
}
