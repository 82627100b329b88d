import type { AttemptFailure } from '../proxy/ports.ts'

const TLS_CODE = /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_OSSL_|EPROTO)/

/** Names what undici's connector or the system reported of a connection that did not come about. */
export function connectFailure(error: Error): AttemptFailure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return { kind: 'connect-timeout', error }
  return { kind: TLS_CODE.test(code) ? 'tls-failure' : 'connect-failure', error }
}
