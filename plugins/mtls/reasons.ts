/**
 * Why a request was refused; the closed label set of `auth_failures_total`. `missing`: no TLS or no certificate; `unverified`: one that no
 * accepted authority vouches for; `expired`: since the connection was made; `unknown`: good, but nobody's.
 */
export const REASONS = ['missing', 'unverified', 'expired', 'unknown'] as const

export type Reason = (typeof REASONS)[number]
