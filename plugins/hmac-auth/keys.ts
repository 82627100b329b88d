import { constants, createHmac, createPublicKey, createSecretKey, timingSafeEqual, verify, type KeyObject } from 'node:crypto'
import type { Consumer, ConsumerEntry } from '../../src/plugin-api/index.ts'

/** RFC 9421 section 3.3. */
export const ALGORITHMS = ['hmac-sha256', 'rsa-pss-sha512', 'rsa-v1_5-sha256', 'ecdsa-p256-sha256', 'ecdsa-p384-sha384', 'ed25519'] as const

export type Algorithm = (typeof ALGORITHMS)[number]

export interface KnownKey {
  readonly consumer: Consumer
  /** What this kind of key can verify and the configuration accepts; the first one counts when the signature names none. */
  readonly algorithms: readonly Algorithm[]
  readonly key: KeyObject
}

const MIN_RSA_BITS = 2048

/** The keys of all consumers by their id. @throws TypeError naming consumer and key for one that cannot be used, never showing it. */
export function readKeys(consumers: readonly ConsumerEntry[], accepted: readonly Algorithm[]): ReadonlyMap<string, KnownKey> {
  const keys = new Map<string, KnownKey>()
  for (const { name, groups, hmacKeys } of consumers) {
    for (const { id, secret, publicKey } of hmacKeys) {
      const key = secret === null ? readPublicKey(publicKey ?? '') : createSecretKey(secret, 'utf8')
      const kinds = key === null ? [] : algorithmsOf(key)
      if (key === null || kinds.length === 0) throw new TypeError(`consumer ${name}: the key ${id} ${EXPECTED}`)
      keys.set(id, { consumer: { name, groups }, algorithms: kinds.filter((algorithm) => accepted.includes(algorithm)), key })
    }
  }
  return keys
}

const EXPECTED = 'must be the PEM text of a public key: RSA of 2048 bits or more, EC on P-256 or P-384, or Ed25519'

function readPublicKey(pem: string): KeyObject | null {
  // `createPublicKey` would take the public half of it.
  if (pem.includes('PRIVATE KEY')) return null
  try {
    return createPublicKey(pem)
  } catch {
    return null
  }
}

/** Pinned by the key: were the message to choose, a public key could be taken for a shared secret (RFC 9421 section 7.3.6). */
function algorithmsOf(key: KeyObject): readonly Algorithm[] {
  if (key.type === 'secret') return ['hmac-sha256']
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key
  const isLong = (details?.modulusLength ?? 0) >= MIN_RSA_BITS
  if (type === 'rsa' && isLong) return ['rsa-pss-sha512', 'rsa-v1_5-sha256']
  if (type === 'rsa-pss' && isLong) return ['rsa-pss-sha512']
  if (type === 'ed25519') return ['ed25519']
  if (type !== 'ec') return []
  if (details?.namedCurve === 'prime256v1') return ['ecdsa-p256-sha256']
  return details?.namedCurve === 'secp384r1' ? ['ecdsa-p384-sha384'] : []
}

/** RFC 9421 section 3.3. @param algorithm one of the key's own */
export function isSignedBy(key: KeyObject, algorithm: Algorithm, base: string, signature: Buffer): boolean {
  const data = Buffer.from(base, 'latin1')
  switch (algorithm) {
    case 'hmac-sha256': {
      const expected = createHmac('sha256', key).update(data).digest()
      return signature.length === expected.length && timingSafeEqual(signature, expected)
    }
    case 'rsa-pss-sha512':
      return verify('sha512', data, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 }, signature)
    case 'rsa-v1_5-sha256':
      return verify('sha256', data, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
    case 'ecdsa-p256-sha256':
      return signature.length === 64 && verify('sha256', data, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'ecdsa-p384-sha384':
      return signature.length === 96 && verify('sha384', data, { key, dsaEncoding: 'ieee-p1363' }, signature)
    case 'ed25519':
      return verify(null, data, key, signature)
  }
}
