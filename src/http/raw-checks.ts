import type { IncomingMessage } from 'node:http'
import type { ErrorCode } from '../errors.ts'
import { isAuthority } from './authority.ts'
import { isLookalike, SHORTEST_LOOKALIKE } from './lookalike.ts'

export { hostOf } from './authority.ts'

export interface Refusal {
  readonly code: ErrorCode
  readonly detail: string
}

export interface HeaderLimits {
  readonly maxHeaderCount: number
}

const bad = (detail: string): Refusal => ({ code: 'SP_BAD_REQUEST', detail })

/**
 * What Node's parser lets through but an intermediary must not route (RFC 9110 sections 5.3 and 7.2, RFC 9112 sections 3.2 and 6.1).
 * One pass over the raw fields; names are compared only when their length fits.
 */
export function checkRawRequest(request: IncomingMessage, limits: HeaderLimits): Refusal | null {
  const raw = request.rawHeaders
  if (raw.length > 2 * limits.maxHeaderCount) {
    return { code: 'SP_HEADERS_TOO_LARGE', detail: `more than ${limits.maxHeaderCount} header fields` }
  }
  if (request.method === 'CONNECT' || request.method === 'TRACE') {
    return { code: 'SP_NOT_IMPLEMENTED', detail: `the method ${request.method} is not served here` }
  }
  if (request.httpVersionMajor !== 1 || request.httpVersionMinor > 1) return bad('the HTTP version is not supported')
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
