/**
 * How one attempt at one endpoint ended. `client-abort` and `cancelled` (a hedge whose twin was faster) are never blamed on the
 * endpoint; `response` covers every complete answer, whatever its status.
 */
export const OUTCOMES = [
  'response',
  'connect-failure',
  'connect-timeout',
  'tls-failure',
  'reset',
  'protocol-error',
  'response-timeout',
  'try-timeout',
  'total-timeout',
  'idle-timeout',
  'truncated',
  'client-abort',
  'cancelled',
  'upgrade'
] as const

export type Outcome = (typeof OUTCOMES)[number]
