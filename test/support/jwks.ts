import { constants, createHmac, generateKeyPairSync, sign as signBytes, type KeyObject } from 'node:crypto'
import jwt from '../../plugins/jwt/index.ts'
import type { OutboundAnswer, OutboundHttp, OutboundRequest } from '../../src/plugin-api/index.ts'
import { FakeClock, testPlugin, type PluginBench, type TestPluginOptions } from '../../src/plugin-api/testing.ts'
import type { Teardown } from './gateway.ts'

export const ISSUER = 'https://id.example'
export const SET_URL = `${ISSUER}/keys`

/** Seconds since the epoch at the start of every fake clock. */
const START = Math.floor(new FakeClock().wall() / 1000)

export type Jwk = Readonly<Record<string, unknown>>

export interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
  readonly publicKey: KeyObject
  /** The public key as a member of a set, without `alg`. */
  readonly jwk: Jwk
  /** A good token for ten minutes of the fake clock, unless claims or header say something else. */
  sign(claims?: object, header?: object): string
}

export function signingKey(kid: string, alg = 'ES256'): SigningKey {
  const { privateKey, publicKey } = keyPair(alg)
  return {
    kid,
    privateKey,
    publicKey,
    jwk: { ...publicKey.export({ format: 'jwk' }), kid },
    sign: (claims = {}, header = {}) => compact({ alg, kid, ...header }, { iss: ISSUER, sub: 'alice', exp: START + 600, ...claims }, privateKey)
  }
}

function keyPair(alg: string): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519')
  if (alg.startsWith('ES')) return generateKeyPairSync('ec', { namedCurve: { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }[alg] as string })
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

/** A compact JWS of any two texts. What is no text becomes JSON; the algorithm is the header's, or the one given. */
export function compact(header: object | string, payload: object | string | Buffer, key: KeyObject | string, alg = algOf(header)): string {
  const encode = (part: object | string | Buffer) =>
    Buffer.from(typeof part === 'string' || Buffer.isBuffer(part) ? part : JSON.stringify(part)).toString('base64url')
  const input = `${encode(header)}.${encode(payload)}`
  return `${input}.${signatureOf(input, key, alg).toString('base64url')}`
}

const algOf = (header: object | string): string => (typeof header === 'string' ? 'ES256' : String((header as { readonly alg?: unknown }).alg))

/** By Node's own functions, not by the library that verifies. */
export function signatureOf(input: string, key: KeyObject | string, alg: string): Buffer {
  const data = Buffer.from(input)
  const hash = `sha${alg.slice(2)}`
  if (alg.startsWith('HS')) return createHmac(hash, key).update(data).digest()
  if (alg.startsWith('ES')) return signBytes(hash, data, { key: key as KeyObject, dsaEncoding: 'ieee-p1363' })
  if (alg.startsWith('PS'))
    return signBytes(hash, data, { key: key as KeyObject, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST })
  return signBytes(alg === 'EdDSA' ? null : hash, data, key)
}

/** An issuer that plugins ask through `deps.http`. What it answers may be changed at any time. */
export class FakeIssuer {
  readonly asked: string[] = []
  keys: readonly Jwk[]
  /** More pages than the set, by url. */
  readonly pages = new Map<string, unknown>()
  status = 200
  headers: Readonly<Record<string, string>> = {}
  /** Instead of the set. */
  body: string | null = null
  isAway = false
  #held: (() => void)[] | null = null

  constructor(...keys: readonly SigningKey[]) {
    this.keys = keys.map(({ jwk }) => jwk)
  }

  readonly request: OutboundHttp['request'] = async ({ url }: OutboundRequest): Promise<OutboundAnswer> => {
    this.asked.push(url)
    const held = this.#held
    if (held !== null) await new Promise<void>((resolve) => held.push(resolve))
    if (this.isAway) throw new Error('connect ECONNREFUSED')
    const page = this.pages.get(url) ?? { keys: this.keys }
    return { status: this.status, headers: this.headers, setCookies: [], body: Buffer.from(this.body ?? JSON.stringify(page)) }
  }

  /** Answers nobody until `release`. */
  hold(): void {
    this.#held = []
  }

  release(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const resolve of held) resolve()
  }
}

export interface JwtBench extends PluginBench {
  status(token: string): Promise<number>
  count(reason: string): number
}

/** The plugin with the key set of an issuer. */
export async function jwksBench(t: Teardown, issuer: FakeIssuer, config: object = {}, options: TestPluginOptions = {}): Promise<JwtBench> {
  return jwtBench(t, { jwks: SET_URL, ...config }, { http: issuer.request, ...options })
}

export async function jwtBench(t: Teardown, config: object, options: TestPluginOptions = {}): Promise<JwtBench> {
  const bench = await testPlugin(jwt, config, options)
  t.teardown(bench.close)
  return {
    ...bench,
    status: async (token) => (await bench.inject({ headers: { authorization: `Bearer ${token}` } })).statusCode,
    count: (reason) => bench.counters.get(`auth_failures_total{plugin="jwt",reason="${reason}"}`) ?? Number.NaN
  }
}

/** Lets everything run that waits for nothing but its turn. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
