import type { IncomingMessage } from 'node:http'
import type { ErrorCode } from '../errors.ts'
import { isAuthority } from './authority.ts'
import { checkHttp2Request } from './http2-checks.ts'
import { Http2Request } from './http2-request.ts'
import { isLookalike, SHORTEST_LOOKALIKE } from './lookalike.ts'

export { hostOf } from './authority.ts'

export interface Refusal {
  readonly code: ErrorCode
  readonly detail: string
}

export interface HeaderLimits {
  readonly maxHeaderCount: number
  readonly maxHeaderBytes: number
  readonly maxUrlBytes: number
}

const bad = (detail: string): Refusal => ({ code: 'SP_BAD_REQUEST', detail })

/**
 * No proxy of ours tunnels or echoes; the others belong to RTSP and ICE, whose request lines Node takes for those of HTTP: `PLAY /a RTSP/1.0`
 * would go upstream as HTTP.
 */
const NOT_SERVED: ReadonlySet<string> = new Set([
  'CONNECT',
  'TRACE',
  'ANNOUNCE',
  'DESCRIBE',
  'FLUSH',
  'GET_PARAMETER',
  'PAUSE',
  'PLAY',
  'RECORD',
  'REDIRECT',
  'SETUP',
  'SET_PARAMETER',
  'SOURCE',
  'TEARDOWN'
])

/**
 * What Node's parser lets through but an intermediary must not route (RFC 9110 sections 5.3 and 7.2, RFC 9112 sections 3.2 and 6.1).
 * One pass over the raw fields; names are compared only when their length fits.
 */
export function checkRawRequest(request: IncomingMessage, limits: HeaderLimits): Refusal | null {
  const raw = request.rawHeaders
  if (raw.length > 2 * limits.maxHeaderCount) {
    return { code: 'SP_HEADERS_TOO_LARGE', detail: `more than ${limits.maxHeaderCount} header fields` }
  }
  if (NOT_SERVED.has(request.method ?? '')) {
    return { code: 'SP_NOT_IMPLEMENTED', detail: `the method ${request.method} is not served here` }
  }
  if (request.httpVersionMajor !== 1 || request.httpVersionMinor > 1) {
    // Not by its number, which a request line can hold as well.
    return request instanceof Http2Request ? checkHttp2Request(request, limits) : bad('the HTTP version is not supported')
  }
  let hosts = 0
  let authorizations = 0
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    if (name.length >= SHORTEST_LOOKALIKE && name.includes('_') && isLookalike(name))
      return bad(`the field ${name} would be one of the gateway's own with hyphens`)
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'host') {
          hosts++
          if (!isAuthority(raw[i + 1] as string)) return bad('the Host field is not a host')
        }
        break
      case 13:
        if (name.toLowerCase() === 'authorization' && ++authorizations > 1) return bad('more than one Authorization field')
        break
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') {
          const refusal = checkTransferEncoding(request, raw[i + 1] as string)
          if (refusal !== null) return refusal
        }
        break
    }
  }
  if (hosts > 1) return bad('more than one Host field')
  if (hosts === 0 && request.httpVersionMinor === 1) return bad('the Host field is missing')
  return null
}

function checkTransferEncoding(request: IncomingMessage, value: string): Refusal | null {
  if (request.httpVersionMinor === 0) return bad('Transfer-Encoding in an HTTP/1.0 request')
  if (value.trim().toLowerCase() !== 'chunked') return { code: 'SP_NOT_IMPLEMENTED', detail: 'a transfer coding other than chunked' }
  return null
}
