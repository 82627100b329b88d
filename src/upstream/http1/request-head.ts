import type { UpstreamRequest } from '../../proxy/ports.ts'
import { isToken } from './answer-line.ts'

/** The request as it goes on the wire, up to the empty line, and how its body is framed. */
export interface RequestHead {
  readonly text: string
  /** Bytes of the body; null: in chunks. 0 without a body. */
  readonly length: number | null
}

/**
 * A field line of RFC 9112 section 5. Nobody may add a line to it, and of a character beyond latin1 half would be written, which may be a line end.
 */
const LINE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [\t\x20-\x7e\x80-\xff]*\r\n$/
/** From so many characters on a value is looked through in another way first: a token has 600, of which the expression takes a nanosecond each. */
const LONG = 64
/** Over at once for text that V8 keeps in one byte a character. */
const WIDE = /[\u0100-\uffff]/
const TARGET = /^[\x21-\x7e\x80-\xff]+$/

/** Methods whose requests say so when they have no body (RFC 9110 section 8.6). */
const EXPECT_CONTENT: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH'])
const KNOWN_METHODS: ReadonlySet<string> = new Set([...EXPECT_CONTENT, 'GET', 'HEAD', 'DELETE', 'OPTIONS'])

/** A field as it was last written at its place in a head. */
interface KnownLine {
  readonly name: string
  readonly value: string
  readonly text: string
}

/** So many lines of a head are remembered, of so many characters at most. */
const MOST_LINES = 32
const MOST_CHARACTERS = 256
/** Nobody's credentials outlive their request. */
const NEVER_KEPT: ReadonlySet<string> = new Set(['authorization', 'cookie', 'x-api-key'])

/**
 * The lines of the latest request to an endpoint. Most fields say the same in one request after the other; what was looked through and put together
 * once need not be again.
 */
export type RequestLines = (KnownLine | undefined)[]

/** @param known Of the same endpoint. @throws TypeError for what would be another request, or more than one */
export function requestHead(request: UpstreamRequest, known: RequestLines): RequestHead {
  const { method, target, headers } = request
  if (!KNOWN_METHODS.has(method) && !isToken(method)) throw new TypeError('not a method')
  if (!TARGET.test(target)) throw new TypeError('not a request target')
  let text = `${method} ${target} HTTP/1.1\r\n`
  let announced: string | null = null
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const value = headers[i + 1] as string
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      if (announced !== null) throw new TypeError('two lengths')
      announced = value
      continue
    }
    const line = known[i >> 1]
    text += line !== undefined && line.name === name && line.value === value ? line.text : writeLine(name, value, i >> 1, known)
  }
  const length = lengthOf(announced, request.body !== null)
  return { text: text + lastLines(request, length), length }
}

function writeLine(name: string, value: string, at: number, known: RequestLines): string {
  const text = `${name}: ${value}\r\n`
  // A colon in the name would make another field of it.
  if (!isToken(name) || !(isPlain(value) || LINE.test(text))) throw new TypeError('a field that cannot be written')
  if (at < MOST_LINES && text.length <= MOST_CHARACTERS && !NEVER_KEPT.has(name.toLowerCase())) known[at] = { name, value, text }
  return text
}

/**
 * Whether a long value holds nothing that would end its line or stand for two bytes, looked for by the machine's own search. Other control characters, which end
 * nothing, come from nobody: clients' are refused by Node's parser, and plugins' by `checkField`.
 */
function isPlain(value: string): boolean {
  return value.length >= LONG && !value.includes('\n') && !value.includes('\r') && !value.includes('\0') && !WIDE.test(value)
}

/** What belongs to this connection, and the framing. */
function lastLines({ method, body, upgrade }: UpstreamRequest, length: number | null): string {
  if (upgrade !== null) return `connection: upgrade\r\nupgrade: ${upgrade}\r\n\r\n`
  if (body === null) return EXPECT_CONTENT.has(method) ? 'connection: keep-alive\r\ncontent-length: 0\r\n\r\n' : 'connection: keep-alive\r\n\r\n'
  return `connection: keep-alive\r\n${length === null ? 'transfer-encoding: chunked' : `content-length: ${length}`}\r\n\r\n`
}

function lengthOf(announced: string | null, hasBody: boolean): number | null {
  if (!hasBody) return 0
  if (announced === null) return null
  const length = /^\d+$/.test(announced) ? Number(announced) : Number.NaN
  if (!(length <= Number.MAX_SAFE_INTEGER)) throw new TypeError('not a length')
  return length
}
