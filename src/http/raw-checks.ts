import type { IncomingMessage } from 'node:http'
import type { ErrorCode } from '../errors.ts'

export interface Refusal {
  readonly code: ErrorCode
  readonly detail: string
}

export interface HeaderLimits {
  readonly maxHeaderCount: number
}

/** `uri-host [":" port]` of RFC 9110 section 7.2: a name, an IPv4 or a bracketed IPv6 address. */
const HOST = /^(?:[A-Za-z0-9\-._~!$&'()*+;=%]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/

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
  if (request.httpVersionMajor !== 1 || request.httpVersionMinor > 1) return bad('the HTTP version is not supported')
  let hosts = 0
  let authorizations = 0
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'host') {
          hosts++
          if (!HOST.test(raw[i + 1] as string)) return bad('the Host field is not a host')
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

/** The host of an authority, lower case, without port or the dot of a fully qualified name. */
export function hostOf(authority: string): string {
  const colon = authority.charCodeAt(0) === 91 ? authority.indexOf(':', authority.indexOf(']')) : authority.indexOf(':')
  let host = colon === -1 ? authority : authority.slice(0, colon)
  if (host.endsWith('.')) host = host.slice(0, -1)
  return host.toLowerCase()
}
