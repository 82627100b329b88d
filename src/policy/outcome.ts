/**
 * How one attempt at one endpoint ended. `client-abort` is never blamed on the endpoint; `response` covers every complete answer,
 * whatever its status.
 */
export const OUTCOMES = [
  'response',
  'connect-failure',
  'connect-timeout',
  'tls-failure',
  'reset',
  'protocol-error',
  'response-timeout',
  'idle-timeout',
  'truncated',
  'client-abort',
  'upgrade'
] as const

export type Outcome = (typeof OUTCOMES)[number]
