import { BrokenHead, isStaleConnection } from './connect.ts'
import type { AttemptFailure, FailureKind } from '../proxy/ports.ts'

const BY_CODE: Readonly<Record<string, FailureKind>> = {
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  UND_ERR_HEADERS_TIMEOUT: 'response-timeout',
  UND_ERR_BODY_TIMEOUT: 'idle-timeout',
  UND_ERR_HEADERS_OVERFLOW: 'protocol-error',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'protocol-error',
  UND_ERR_ABORTED: 'client-abort',
  UND_ERR_INVALID_ARG: 'invalid-request',
  UND_ERR_NOT_SUPPORTED: 'invalid-request',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'client-abort'
}

const TLS_CODE = /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_OSSL_|EPROTO)/

/**
 * Names what undici or the system reported.
 * @param started Whether the request had been given a connection: before that, every error is one of connecting.
 */
export function classifyFailure(error: Error, started: boolean): AttemptFailure {
  return { kind: failureKind(error, started), error, staleConnection: started && isStaleConnection(error) }
}

function failureKind(error: Error, started: boolean): FailureKind {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const known = BY_CODE[code]
  if (known !== undefined) return known
  if (error instanceof BrokenHead) return 'protocol-error'
  // The parser's errors have no code in undici 8: it looks their number up in a table that is keyed by name.
  if (error.name === 'HTTPParserError' || code === 'ERR_ASSERTION') return 'protocol-error'
  if (!started) return TLS_CODE.test(code) ? 'tls-failure' : 'connect-failure'
  // undici reports an answer it will not parse (an unasked 100 or 101) as a socket error with one of these texts.
  if (code === 'UND_ERR_SOCKET' && /^bad (?:response|upgrade)/.test(error.message)) return 'protocol-error'
  return 'reset'
}
