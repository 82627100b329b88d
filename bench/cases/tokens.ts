// Tokens of many callers, signed as an identity provider does (RS256): the requests of every contestant have them, whether it looks or not.
import { createSign, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { AUDIENCE, ISSUER } from '../contestants/sallyport-document.ts'

export const CALLERS = 100

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })

export const PUBLIC_KEY = pair.publicKey.export({ type: 'spki', format: 'pem' })

const made = new Map<number, string>()

/** The same each time. */
export function tokenFor(caller: number): string {
  const known = made.get(caller) ?? sign(pair.privateKey, `user-${caller}`)
  made.set(caller, known)
  return known
}

function sign(key: KeyObject, sub: string): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iss: ISSUER, aud: AUDIENCE, sub, iat: now, exp: now + 86_400 })}`
  return `${text}.${createSign('sha256').update(text).sign(key).toString('base64url')}`
}
