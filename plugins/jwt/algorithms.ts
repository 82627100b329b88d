import type { KeyObject } from 'node:crypto'
import { isFactorable } from './weak-rsa.ts'

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

export const HMAC: readonly Algorithm[] = ['HS256', 'HS384', 'HS512']
export const ASYMMETRIC: readonly Algorithm[] = ALGORITHMS.filter((name) => !HMAC.includes(name))

const RSA: readonly Algorithm[] = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
// secp256k1 is ES256K (RFC 8812) and not supported, although libraries take it for ES256.
const CURVES: Readonly<Record<string, Algorithm>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

/** RFC 7518 section 3.3. */
export const MINIMUM_RSA_BITS = 2048

export interface PublicKeyFacts {
  /** What the key's type and curve allow; the first is the default. */
  readonly possible: readonly Algorithm[]
  /** Of an RSA key's modulus; null for other keys. */
  readonly rsaBits: number | null
}

/** What a public key can verify, or in words why it can verify nothing. */
export function publicKeyFacts(key: KeyObject): PublicKeyFacts | string {
  const { namedCurve, modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {}
  switch (key.asymmetricKeyType) {
    case 'rsa':
      // With the exponent 1 every padded text is its own signature, and an even one belongs to no key.
      if (publicExponent === undefined || publicExponent < 3n || publicExponent % 2n === 0n) return 'the public exponent of the RSA key is not usable'
      if (isFactorable(modulusOf(key))) return 'the RSA key can be factored (CVE-2017-15361)'
      return { possible: RSA, rsaBits: modulusLength ?? 0 }
    case 'ed25519':
      return { possible: ['EdDSA'], rsaBits: null }
    case 'ec': {
      const algorithm = CURVES[namedCurve ?? '']
      return algorithm === undefined ? notSupported(namedCurve) : { possible: [algorithm], rsaBits: null }
    }
    default:
      return notSupported(key.asymmetricKeyType)
  }
}

const notSupported = (type: string | undefined): string => `keys of type ${type ?? 'unknown'} are not supported`

const modulusOf = (key: KeyObject): bigint => BigInt(`0x${Buffer.from(key.export({ format: 'jwk' }).n ?? '', 'base64url').toString('hex')}`)
