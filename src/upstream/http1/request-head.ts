import type { UpstreamRequest } from '../../proxy/ports.ts'
import { isToken } from './head-parser.ts'

/** The request as it goes on the wire, up to the empty line, and how its body is framed. */
export interface RequestHead {
  readonly text: string
  /** Bytes of the body; null: in chunks. 0 without a body. */
  readonly length: number | null
}

/** What may not stand in a value: nobody may add a line, and of a wider character half would be written, which may be a line end. */
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/
const TARGET = /^[\x21-\x7e\x80-\xff]+$/

/** Methods whose requests say so when they have no body (RFC 9110 section 8.6). */
const EXPECT_CONTENT: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH'])
const KNOWN_METHODS: ReadonlySet<string> = new Set([...EXPECT_CONTENT, 'GET', 'HEAD', 'DELETE', 'OPTIONS'])

/** @throws TypeError for what would be another request, or more than one */
export function requestHead(request: UpstreamRequest): RequestHead {
  const { method, target, headers } = request
  if (!KNOWN_METHODS.has(method) && !isToken(method)) throw new TypeError('not a method')
  if (!TARGET.test(target)) throw new TypeError('not a request target')
  let text = `${method} ${target} HTTP/1.1\r\n`
  let announced: string | null = null
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string
    const value = headers[i + 1] as string
    if (!isToken(name)) throw new TypeError('not a field name')
    if (name.length === 14 && name.toLowerCase() === 'content-length') {
      if (announced !== null) throw new TypeError('two lengths')
      announced = value
      continue
    }
    if (FORBIDDEN.test(value)) throw new TypeError('a character in a field that none may have')
    text += `${name}: ${value}\r\n`
  }
  const length = lengthOf(announced, request.body !== null)
  return { text: text + lastLines(request, length), length }
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
