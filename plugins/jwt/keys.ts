import { createPublicKey, type KeyObject } from 'node:crypto'
import type { CheckIssue } from '../../src/plugin-api/index.ts'
import { ASYMMETRIC, HMAC, MINIMUM_RSA_BITS, publicKeyFacts, type Algorithm } from './algorithms.ts'
import { discoveryLocation, jwksLocation, type KeySetLocation } from './key-set-location.ts'
import type { JwtProvider } from './schema.ts'

const DEFAULT_HMAC: readonly Algorithm[] = ['HS256']

/** The settings that say where keys come from; exactly one of them is given. */
export const KEY_SETTINGS = ['secret', 'publicKey', 'jwks', 'issuerDiscovery'] as const

type KeySetting = (typeof KEY_SETTINGS)[number]

export interface StaticKey {
  readonly kind: 'static'
  /** The secret, as bytes where it was encoded, or the public key as SPKI PEM. */
  readonly key: string | Buffer
}

export interface ResolvedKeys {
  readonly keys: StaticKey | KeySetLocation
  /** Never empty, all of them possible with this kind of key. */
  readonly algorithms: readonly Algorithm[]
}

interface KeyFacts {
  readonly keys: StaticKey | KeySetLocation
  readonly possible: readonly Algorithm[]
  readonly defaults: readonly Algorithm[]
  readonly weakness: string | null
}

/** Where the keys come from and their pinned algorithms, or null; with everything that is wrong or weak about them. */
export function resolveKeys(settings: JwtProvider): { readonly resolved: ResolvedKeys | null; readonly issues: readonly CheckIssue[] } {
  const given = KEY_SETTINGS.filter((name) => settings[name] !== undefined)
  const [source] = given
  if (source === undefined) return failed([], 'a key is missing', `give ${KEY_SETTINGS.join(', ')} or provider`)
  if (given.length > 1) return failed([], `give either ${given.join(' or ')}, not ${given.length === 2 ? 'both' : 'all'}`)
  if (source !== 'secret' && settings.secretEncoding !== undefined)
    return failed(['secretEncoding'], 'this says how a secret is written; there is none')
  const facts = factsOf(source, settings)
  if (typeof facts === 'string') return failed([source], facts)

  const algorithms = settings.algorithms ?? facts.defaults
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
  return { resolved: issues.some((issue) => issue.severity === 'error') ? null : { keys: facts.keys, algorithms }, issues }
}

function failed(path: readonly string[], message: string, hint?: string) {
  return { resolved: null, issues: [{ severity: 'error', path, message, ...(hint !== undefined && { hint }) } satisfies CheckIssue] }
}

function factsOf(source: KeySetting, settings: JwtProvider): KeyFacts | string {
  const { secret = '', secretEncoding = 'text', publicKey = '', jwks = '', issuerDiscovery = '', algorithms } = settings
  switch (source) {
    case 'secret':
      return secretFacts(secret, secretEncoding, algorithms ?? DEFAULT_HMAC)
    case 'publicKey':
      return pemFacts(publicKey)
    case 'jwks':
      return setFacts(jwksLocation(jwks))
    case 'issuerDiscovery':
      return setFacts(discoveryLocation(issuerDiscovery))
  }
}

function secretFacts(secret: string, encoding: NonNullable<JwtProvider['secretEncoding']>, algorithms: readonly Algorithm[]): KeyFacts | string {
  if (/-----BEGIN [A-Z0-9 ]+-----/.test(secret)) return 'this is a PEM, not a secret; put a public key under publicKey'
  const key = encoding === 'text' ? secret : decoded(secret, encoding)
  if (key === null) return `the secret is not ${encoding}, as secretEncoding says`
  const bytes = Buffer.byteLength(key)
  // RFC 7518 section 3.2: a key as long as the hash, whose bits the name of the algorithm ends with.
  const minimum = Math.max(...algorithms.filter((name) => HMAC.includes(name)).map((name) => Number(name.slice(2)) / 8), 0)
  return {
    keys: { kind: 'static', key },
    possible: HMAC,
    defaults: DEFAULT_HMAC,
    weakness: bytes < minimum ? `the secret has ${bytes} bytes; less than ${minimum} can be guessed` : null
  }
}

/** Null for what Node would decode only in part. Padding may be left out; a secret is no part of a message that somebody else could read differently. */
function decoded(secret: string, encoding: 'base64' | 'base64url' | 'hex'): Buffer | null {
  const bytes = Buffer.from(secret, encoding)
  const isWhole = encoding === 'hex' ? bytes.toString('hex') === secret.toLowerCase() : unpadded(bytes.toString(encoding)) === unpadded(secret)
  return isWhole && bytes.length > 0 ? bytes : null
}

const unpadded = (text: string): string => text.replace(/={1,2}$/, '')

/** Of the key that was read last: each route of a `jwt` for all routes has the same. */
const latest: { pem: string | null; facts: KeyFacts | string } = { pem: null, facts: '' }

function pemFacts(pem: string): KeyFacts | string {
  if (latest.pem !== pem) {
    latest.facts = readPem(pem)
    latest.pem = pem
  }
  return latest.facts
}

function readPem(pem: string): KeyFacts | string {
  // createPublicKey() would derive the public key; but a private key has no business in a gateway's configuration.
  if (/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/.test(pem)) return 'this is a private key; only its public key belongs here'
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch {
    return 'not a public key or certificate in PEM form'
  }
  const facts = publicKeyFacts(key)
  if (typeof facts === 'string') return facts
  const { possible, rsaBits } = facts
  return {
    keys: { kind: 'static', key: key.export({ type: 'spki', format: 'pem' }).toString() },
    possible,
    defaults: possible.slice(0, 1),
    weakness: rsaBits !== null && rsaBits < MINIMUM_RSA_BITS ? `the RSA key has ${rsaBits} bits; ${MINIMUM_RSA_BITS} is the minimum` : null
  }
}

/** Each key of a set narrows the algorithms by its own type, curve and `alg`. */
function setFacts(location: KeySetLocation | string): KeyFacts | string {
  return typeof location === 'string' ? location : { keys: location, possible: ASYMMETRIC, defaults: ASYMMETRIC, weakness: null }
}
