import { hasControlCharacters, prepareText } from './prepare-text.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** `missing`: there is no field, or one of another scheme. */
export type FoundCredentials = Credentials | 'missing' | 'malformed' | 'repeated'

const AUTHORIZATION = 'authorization'
const SCHEME = /^basic(?: +(.*))?$/i

/** Reads `Authorization: Basic …` (RFC 7617 section 2) from the raw fields: elsewhere only the first of several is left. */
export function findCredentials(rawHeaders: readonly string[]): FoundCredentials {
  let value: string | undefined
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.length !== AUTHORIZATION.length || name.toLowerCase() !== AUTHORIZATION) continue
    if (value !== undefined) return 'repeated'
    value = rawHeaders[index + 1] ?? ''
  }
  const scheme = SCHEME.exec(value ?? '')
  return scheme === null ? 'missing' : (decodeUserPass(scheme[1] ?? '') ?? 'malformed')
}

function decodeUserPass(text: string): Credentials | null {
  const bytes = Buffer.from(text, 'base64')
  // Node skips what is no base64. Only the one spelling of these bytes is taken: alphabet, padding and unused bits of RFC 4648 section 4.
  if (bytes.length === 0 || bytes.toString('base64') !== text) return null
  const userPass = decodeUtf8(bytes)
  if (userPass === null || hasControlCharacters(userPass)) return null
  // The first colon: a user name has none, a password may.
  const colon = userPass.indexOf(':')
  if (colon === -1) return null
  return { username: prepareText(userPass.slice(0, colon)), password: prepareText(userPass.slice(colon + 1)) }
}

/** RFC 7617 section 2.1: the challenge has asked for UTF-8. A replacement character would make different bytes equal. */
function decodeUtf8(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}
