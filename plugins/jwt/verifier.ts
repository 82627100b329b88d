import fastifyJwt from '@fastify/jwt'
import { createVerifier } from 'fast-jwt'
import type { FastifyInstance } from 'fastify'
import type { Algorithm } from './algorithms.ts'
import { classifyTokenError, type Reason } from './reasons.ts'
import type { TokenRule } from './settings.ts'

/** Tests the signature and the claims that do not depend on time. */
export type Verify = (token: string) => Record<string, unknown> | Reason

/**
 * Registers @fastify/jwt for a rule with one key and drives the synchronous `app.jwt.<namespace>.verify`, which is fast-jwt's verifier;
 * `request.jwtVerify()` would decode twice and wait.
 */
export async function registerVerifier(app: FastifyInstance, rule: TokenRule, key: string | Buffer): Promise<Verify> {
  const namespace = freeNamespace(app)
  await app.register(fastifyJwt, {
    namespace,
    decoratorName: `${namespace}JwtUser`,
    // Only the `public` half: without a private one @fastify/jwt makes no signer, also for a shared secret.
    secret: { public: key } as never,
    verify: verifyOptions(rule, rule.algorithms)
  })
  const jwt = namespaces(app)[namespace]
  if (jwt === undefined) throw new TypeError('@fastify/jwt did not register its namespace')
  return guarded((token) => jwt.verify(token))
}

/** For a key that came after @fastify/jwt was registered: the same verifier of fast-jwt, made directly. */
export function createKeyVerifier(rule: TokenRule, key: string, algorithms: readonly Algorithm[]): Verify {
  return guarded(createVerifier({ key, ...verifyOptions(rule, algorithms) }) as RawVerify)
}

type RawVerify = (token: string) => Record<string, unknown>

function guarded(verify: RawVerify): Verify {
  return (token) => {
    try {
      return verify(token)
    } catch (error) {
      return classifyTokenError(error)
    }
  }
}

/** Time is left out: fast-jwt knows only the system clock or a fixed one. */
function verifyOptions({ issuers, audiences, requiredClaims }: TokenRule, algorithms: readonly Algorithm[]) {
  return {
    algorithms: [...algorithms],
    ...(issuers.length > 0 && { allowedIss: [...issuers] }),
    ...(audiences.length > 0 && { allowedAud: [...audiences] }),
    requiredClaims: [...requiredClaims],
    ignoreExpiration: true,
    ignoreNotBefore: true,
    cache: false
  }
}

interface Namespaced {
  verify(token: string): Record<string, unknown>
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
