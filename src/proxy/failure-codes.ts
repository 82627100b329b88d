import type { ErrorCode } from '../errors.ts'
import type { FailureKind } from './ports.ts'

/** What the client is told of a failure. */
export const FAILURE_CODES: Readonly<Record<FailureKind, ErrorCode>> = {
  'connect-failure': 'SP_UPSTREAM_CONNECT',
  'tls-failure': 'SP_UPSTREAM_CONNECT',
  'connect-timeout': 'SP_UPSTREAM_CONNECT_TIMEOUT',
  'response-timeout': 'SP_UPSTREAM_TIMEOUT',
  'try-timeout': 'SP_UPSTREAM_TRY_TIMEOUT',
  'total-timeout': 'SP_DEADLINE_EXCEEDED',
  'idle-timeout': 'SP_UPSTREAM_IDLE_TIMEOUT',
  reset: 'SP_UPSTREAM_RESET',
  truncated: 'SP_UPSTREAM_RESET',
  'protocol-error': 'SP_UPSTREAM_PROTOCOL',
  'invalid-request': 'SP_BAD_REQUEST',
  'client-abort': 'SP_BAD_REQUEST',
  cancelled: 'SP_UPSTREAM_RESET'
}

/** How a failure looks to the retry policy. */
export const RETRY_KINDS: Readonly<Partial<Record<FailureKind, 'connect' | 'reset' | 'timeout'>>> = {
  'connect-failure': 'connect',
  'tls-failure': 'connect',
  'connect-timeout': 'connect',
  'response-timeout': 'timeout',
  'try-timeout': 'timeout',
  reset: 'reset',
  'protocol-error': 'reset'
}
