import { createPublicKey, type KeyObject } from 'node:crypto'
import type { CheckIssue } from '../../src/plugin-api/index.ts'

export const ALGORITHMS = [
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA'
] as const

export type Algorithm = (typeof ALGORITHMS)[number]

const HMAC: readonly Algorithm[] = ['HS256', 'HS384', 'HS512']
const RSA: readonly Algorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
// secp256k1 is ES256K (RFC 8812) and not supported, although libraries take it for ES256.
const CURVES: Readonly<Record<string, Algorithm>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

/** RFC 7518 section 3.2: a key as long as the hash. */
const MINIMUM_SECRET_BYTES = 32
/** RFC 7518 section 3.3. */
const MINIMUM_RSA_BITS = 2048

export interface KeySettings {
  readonly secret?: string
  readonly publicKey?: string
  readonly algorithms?: readonly Algorithm[]
}

export interface ResolvedKey {
  /** The secret, or the public key as SPKI PEM. */
  readonly key: string
  /** Never empty, all of them possible with this kind of key. */
  readonly algorithms: readonly Algorithm[]
}

interface KeyFacts {
  readonly key: string
  /** The first is the default. */
  readonly possible: readonly Algorithm[]
  readonly weakness: string | null
}

/** The key and its pinned algorithms, or null; with everything that is wrong or weak about them. */
export function resolveKey(settings: KeySettings): { readonly resolved: ResolvedKey | null; readonly issues: readonly CheckIssue[] } {
  const { secret, publicKey } = settings
  if (secret !== undefined && publicKey !== undefined) return failed([], 'give either secret or publicKey, not both')
  if (secret === undefined && publicKey === undefined) return failed([], 'a key is missing', 'give secret, publicKey or provider')
  const source = secret === undefined ? 'publicKey' : 'secret'
  const facts = secret === undefined ? publicKeyFacts(publicKey ?? '') : secretFacts(secret)
  if (typeof facts === 'string') return failed([source], facts)

  const algorithms = settings.algorithms ?? facts.possible.slice(0, 1)
  const issues: CheckIssue[] = algorithms.flatMap((name, index) =>
    facts.possible.includes(name)
      ? []
      : // RFC 8725 section 2.1: HS* with a public key would let everybody who knows that key sign tokens.
        [
          {
            severity: 'error',
            path: ['algorithms', index],
            message: `${name} is impossible with this ${source}`,
            hint: `possible: ${facts.possible.join(', ')}`
          }
        ]
  )
  if (facts.weakness !== null) issues.push({ severity: 'warning', path: [source], message: facts.weakness })
  return { resolved: issues.some((issue) => issue.severity === 'error') ? null : { key: facts.key, algorithms }, issues }
}

function failed(path: readonly string[], message: string, hint?: string) {
  return { resolved: null, issues: [{ severity: 'error', path, message, ...(hint !== undefined && { hint }) } satisfies CheckIssue] }
}

function secretFacts(secret: string): KeyFacts | string {
  if (/-----BEGIN [A-Z0-9 ]+-----/.test(secret)) return 'this is a PEM, not a secret; put a public key under publicKey'
  const bytes = Buffer.byteLength(secret)
  return {
    key: secret,
    possible: HMAC,
    weakness: bytes < MINIMUM_SECRET_BYTES ? `the secret has ${bytes} bytes; less than ${MINIMUM_SECRET_BYTES} can be guessed` : null
  }
}

function publicKeyFacts(pem: string): KeyFacts | string {
  // createPublicKey() would derive the public key; but a private key has no business in a gateway's configuration.
  if (/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(pem)) return 'this is a private key; only its public key belongs here'
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch {
    return 'not a public key or certificate in PEM form'
  }
  const possible = possibleAlgorithms(key)
  if (possible === null) return `keys of type ${key.asymmetricKeyDetails?.namedCurve ?? key.asymmetricKeyType} are not supported`
  const bits = key.asymmetricKeyDetails?.modulusLength
  return {
    key: key.export({ type: 'spki', format: 'pem' }).toString(),
    possible,
    weakness: bits !== undefined && bits < MINIMUM_RSA_BITS ? `the RSA key has ${bits} bits; ${MINIMUM_RSA_BITS} is the minimum` : null
  }
}

function possibleAlgorithms(key: KeyObject): readonly Algorithm[] | null {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return RSA
    case 'ed25519':
      return ['EdDSA']
    case 'ec': {
      const algorithm = CURVES[key.asymmetricKeyDetails?.namedCurve ?? '']
      return algorithm === undefined ? null : [algorithm]
    }
    default:
      return null
  }
}
