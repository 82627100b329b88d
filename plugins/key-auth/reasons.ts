/** Why a request was refused; the closed label set of `auth_failures_total`. */
export const REASONS = ['missing', 'malformed', 'repeated', 'unknown'] as const

export type Reason = (typeof REASONS)[number]
