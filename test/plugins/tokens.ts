import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createSigner, type Algorithm } from 'fast-jwt'
import { FakeClock } from '../../src/plugin-api/testing.ts'

export const SECRET = 'a secret of at least thirty-two bytes'

interface KeyPair {
  readonly publicKey: string
  readonly privateKey: string
}

function textual({ publicKey, privateKey }: { readonly publicKey: KeyObject; readonly privateKey: KeyObject }): KeyPair {
  const format = 'pem'
  return { publicKey: publicKey.export({ type: 'spki', format }).toString(), privateKey: privateKey.export({ type: 'pkcs8', format }).toString() }
}

export const rsa: KeyPair = textual(generateKeyPairSync('rsa', { modulusLength: 2048 }))
export const ed25519: KeyPair = textual(generateKeyPairSync('ed25519'))
export const ec = (namedCurve: string): KeyPair => textual(generateKeyPairSync('ec', { namedCurve }))

/** Seconds since the epoch at the start of every fake clock. */
export const START = Math.floor(new FakeClock().wall() / 1000)

/** Valid for ten minutes from the start of the fake clock, unless the claims say something else. */
export function sign(claims: object = {}, key: string = SECRET, algorithm: Algorithm = 'HS256'): string {
  return createSigner({ key, algorithm, noTimestamp: true })({ sub: 'alice', exp: START + 600, ...claims })
}

/** A token of any header and payload with the given signature: what no signing library lets one make. */
export function forge(header: object, payload: object, signature: string): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  return `${encode(header)}.${encode(payload)}.${signature}`
}

/** Well signed with HS256, whatever the payload. */
export function signAnything(payload: object): string {
  const input = forge({ alg: 'HS256' }, payload, '').slice(0, -1)
  return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`
}

export const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
