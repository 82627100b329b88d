import { constants, createHmac, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import type { InjectOptions } from 'fastify'
import type { ConsumerEntry } from '../../src/plugin-api/index.ts'
import { FakeClock } from '../../src/plugin-api/testing.ts'

type HmacKey = ConsumerEntry['hmacKeys'][number]

/** A key of a test, with what the gateway is told of it. */
export interface Signer {
  readonly algorithm: string
  readonly entry: HmacKey
  sign(base: Buffer): Buffer
}

/** Seconds since the epoch at the start of every fake clock. */
export const START = Math.floor(new FakeClock().wall() / 1000)

export function pemOf(publicKey: KeyObject): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString()
}

export function hmacSigner(id = 'shared'): Signer {
  const secret = randomBytes(32).toString('base64')
  return { algorithm: 'hmac-sha256', entry: { id, secret, publicKey: null }, sign: (base) => createHmac('sha256', secret).update(base).digest() }
}

export function ed25519Signer(id = 'ed25519'): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { algorithm: 'ed25519', entry: publicEntry(id, publicKey), sign: (base) => sign(null, base, privateKey) }
}

export function ecSigner(namedCurve: 'P-256' | 'P-384', id: string = namedCurve): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve })
  const [algorithm, hash] = namedCurve === 'P-256' ? (['ecdsa-p256-sha256', 'sha256'] as const) : (['ecdsa-p384-sha384', 'sha384'] as const)
  const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const
  return { algorithm, entry: publicEntry(id, publicKey), sign: (base) => sign(hash, base, key) }
}

/** One RSA key pair in both of its schemes: PSS, and PKCS#1 v1.5. */
export function rsaSigners(id = 'rsa'): readonly [pss: Signer, v15: Signer] {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const entry = publicEntry(id, publicKey)
  const pss = { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 }
  return [
    { algorithm: 'rsa-pss-sha512', entry, sign: (base) => sign('sha512', base, pss) },
    { algorithm: 'rsa-v1_5-sha256', entry, sign: (base) => sign('sha256', base, privateKey) }
  ]
}

function publicEntry(id: string, publicKey: KeyObject): HmacKey {
  return { id, secret: null, publicKey: pemOf(publicKey) }
}

export interface Signing {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly url?: string
  readonly host?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Covered components as they stand in the list, without quotes when they have no parameters. */
  readonly covered?: readonly string[]
  /** Values of components that cannot be told from the rest. */
  readonly values?: Readonly<Record<string, string>>
  /** What follows the list of components; default `created` now and the key's id. */
  readonly parameters?: string
  readonly label?: string
}

export const DEFAULT_COVERED = ['@method', '@authority', '@target-uri']

/** A request as a client signs it. Written against the RFC and not against the plugin: nothing of the plugin is used. */
export function signed(signer: Signer, signing: Signing = {}): InjectOptions & { headers: Record<string, string> } {
  const { method = 'GET', url = '/', host = 'shop.example', body, covered = DEFAULT_COVERED, label = 'sig' } = signing
  const headers: Record<string, string> = { host, ...signing.headers }
  const identifiers = covered.map((name) => (name.startsWith('"') ? name : `"${name}"`))
  const parameters = signing.parameters ?? `;created=${START};keyid="${signer.entry.id}"`
  const input = `(${identifiers.join(' ')})${parameters}`
  const lines = identifiers.map((identifier) => {
    const name = identifier.split('"')[1] as string
    return `${identifier}: ${signing.values?.[identifier] ?? derived(name, method, url, host) ?? headers[name] ?? ''}`
  })
  const base = [...lines, `"@signature-params": ${input}`].join('\n')
  const signature = signer.sign(Buffer.from(base)).toString('base64')
  return {
    method,
    url,
    headers: { ...headers, 'signature-input': `${label}=${input}`, signature: `${label}=:${signature}:` },
    ...(body === undefined ? {} : { payload: body })
  }
}

function derived(name: string, method: string, url: string, host: string): string | undefined {
  const target = new URL(url, `http://${host}`)
  const values: Record<string, string> = {
    '@method': method,
    '@authority': target.host,
    '@scheme': 'http',
    '@target-uri': `http://${target.host}${url}`,
    '@request-target': url,
    '@path': target.pathname,
    '@query': target.search === '' ? '?' : target.search
  }
  return values[name]
}
