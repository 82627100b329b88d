/** Why a request was refused; the closed label set of `auth_failures_total`. */
export const REASONS = [
  'missing',
  'malformed',
  'repeated',
  'inactive',
  'expired',
  'not_active',
  'issuer',
  'audience',
  'claims',
  'unavailable'
] as const

export type Reason = (typeof REASONS)[number]
