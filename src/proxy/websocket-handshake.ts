import type { IncomingHttpHeaders } from 'node:http'

/** 16 bytes in base64 (RFC 6455 section 4.2.1). */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/

/** One number; repeated fields are joined with commas. */
const VERSION = /^\d{1,3}$/

/**
 * What is wrong with a client's opening handshake (RFC 6455 section 4.2.1); null when nothing is. Another version than 13 is not: the
 * upstream says in its 426 which ones it speaks (section 4.4).
 */
export function handshakeFault(headers: IncomingHttpHeaders): string | null {
  if (!KEY.test(headers['sec-websocket-key'] ?? '')) return 'sec-websocket-key must be 16 bytes in base64'
  return VERSION.test(headers['sec-websocket-version'] ?? '') ? null : 'sec-websocket-version must be one number'
}
