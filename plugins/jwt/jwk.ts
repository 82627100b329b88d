import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { MINIMUM_RSA_BITS, publicKeyFacts, type Algorithm } from './algorithms.ts'
import { isObject, type JsonObject } from './token-text.ts'

/** A key of a set that can verify tokens. */
export interface SetKeyFacts {
  readonly kid: string | null
  /** SPKI. */
  readonly pem: string
  /** What its type, curve and `alg` allow; never empty. */
  readonly algorithms: readonly Algorithm[]
}

/** The members of a public key by `kty` (RFC 7518 section 6, RFC 8037 section 2). `oct` is not among them: it is a secret, and a set is public. */
const PUBLIC_MEMBERS: Readonly<Record<string, readonly string[]>> = { RSA: ['n', 'e'], EC: ['crv', 'x', 'y'], OKP: ['crv', 'x'] }
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** A key of a JSON Web Key Set (RFC 7517 section 4), or in words, without anything of the key, why it is ignored. */
export function readJwk(jwk: unknown): SetKeyFacts | string {
  if (!isObject(jwk)) return 'a key is not an object'
  const purpose = purposeProblem(jwk)
  if (purpose !== null) return purpose
  const { kid } = jwk
  if (kid !== undefined && typeof kid !== 'string') return 'a key has a kid that is not a text'
  const key = importKey(jwk)
  if (typeof key === 'string') return key
  const facts = publicKeyFacts(key)
  if (typeof facts === 'string') return facts
  if (facts.rsaBits !== null && facts.rsaBits < MINIMUM_RSA_BITS) return `an RSA key is shorter than ${MINIMUM_RSA_BITS} bits`
  // RFC 7517 section 4.4: `alg` is the one algorithm that the key is for.
  const algorithms = jwk['alg'] === undefined ? facts.possible : facts.possible.filter((name) => name === jwk['alg'])
  if (algorithms.length === 0) return 'a key is for an algorithm that its type does not fit, or that is not supported'
  return { kid: kid ?? null, pem: key.export({ type: 'spki', format: 'pem' }).toString(), algorithms }
}

/** RFC 7517 sections 4.2 and 4.3. */
function purposeProblem(jwk: JsonObject): string | null {
  const { use, key_ops: operations } = jwk
  if (use !== undefined && use !== 'sig') return 'a key is not for signatures'
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return 'a key is not for verifying'
  return null
}

function importKey(jwk: JsonObject): KeyObject | string {
  const { kty } = jwk
  if (kty === 'oct') return 'a key is symmetric'
  const members = typeof kty === 'string' && Object.hasOwn(PUBLIC_MEMBERS, kty) ? PUBLIC_MEMBERS[kty] : undefined
  if (members === undefined) return 'a key is of an unknown type'
  // createPublicKey() would derive the public half; but a key whose private half is published is nobody's any more.
  if (PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return 'a key is private'
  const parts = members.map((name) => [name, jwk[name]] as const)
  if (parts.some(([, value]) => typeof value !== 'string')) return 'a key is incomplete'
  try {
    return createPublicKey({ key: { kty, ...Object.fromEntries(parts) } as JsonWebKey, format: 'jwk' })
  } catch {
    return 'a key is not valid'
  }
}
