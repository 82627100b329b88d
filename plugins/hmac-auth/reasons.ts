/** Why a request was refused; the closed label set of `auth_failures_total`. */
export const REASONS = [
  'missing',
  'malformed',
  'unsupported',
  'target',
  'unknown_key',
  'algorithm',
  'components',
  'digest',
  'not_active',
  'expired',
  'signature',
  'replayed',
  'exhausted'
] as const

export type Reason = (typeof REASONS)[number]
