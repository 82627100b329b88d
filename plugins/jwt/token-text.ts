import { isUtf8 } from 'node:buffer'

/** Header fields have room for more, but no issuer needs it, and every character costs before anything is verified. */
export const MAX_TOKEN_LENGTH = 8192

export type JsonObject = Readonly<Record<string, unknown>>

/** Not verified: good for choosing the key, and for nothing else. */
export interface ReadToken {
  readonly header: JsonObject
  readonly claims: JsonObject
}

/**
 * Reads a compact JWS (RFC 7515 section 7.1) so that no other reader can take it for something else: three parts in canonical
 * base64url, two of them UTF-8 texts of one JSON object each, without a member that is there twice. Null for everything else.
 */
export function readToken(token: string): ReadToken | null {
  const parts = token.split('.', 4)
  const [header, claims, signature] = parts
  if (parts.length !== 3 || header === undefined || claims === undefined || signature === undefined) return null
  const readHeader = readObject(header)
  const readClaims = readHeader === null ? null : readObject(claims)
  if (readHeader === null || readClaims === null || bytesOf(signature) === null) return null
  return { header: readHeader, claims: readClaims }
}

/** RFC 7515 section 2: no padding, no other character. Written back it must be the same: the bits that are left over are zero, too. */
function bytesOf(part: string): Buffer | null {
  if (part === '') return null
  const bytes = Buffer.from(part, 'base64url')
  return bytes.toString('base64url') === part ? bytes : null
}

function readObject(part: string): JsonObject | null {
  const bytes = bytesOf(part)
  if (bytes === null || !isUtf8(bytes)) return null
  const text = bytes.toString('utf8')
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && countColons(text) === countMembers(value) && !hasHalfCharacter(text) ? value : null
  } catch {
    return null
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * RFC 7519 section 4 and RFC 8725 section 3.10: of two members with one name some readers take the first and some the last. A text that
 * has more colons than its value has members named one of them twice.
 */
function countColons(text: string): number {
  let colons = 0
  let isInString = false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) isInString = !isInString
    else if (isInString) {
      if (code === BACKSLASH) index++
    } else if (code === COLON) colons++
  }
  return colons
}

const QUOTE = 0x22
const COLON = 0x3a
const BACKSLASH = 0x5c

/** RFC 8259 section 8.2: half a surrogate pair, which only an escape can write, is read by some as it is and by others as any other character. */
function hasHalfCharacter(text: string): boolean {
  if (!/\\u[dD][89a-fA-F]/.test(text)) return false
  let isPlain = true
  JSON.parse(text, (name, value: unknown) => {
    if (!name.isWellFormed() || (typeof value === 'string' && !value.isWellFormed())) isPlain = false
    return value
  })
  return !isPlain
}

function countMembers(root: JsonObject): number {
  let members = 0
  // A list of its own and no recursion: the text may be nested some thousand deep.
  const open: unknown[] = [root]
  while (open.length > 0) {
    const value = open.pop()
    if (typeof value !== 'object' || value === null) continue
    const inner = Object.values(value)
    if (!Array.isArray(value)) members += inner.length
    for (const one of inner) if (typeof one === 'object' && one !== null) open.push(one)
  }
  return members
}
