/** Why a request was refused; the closed label set of `auth_failures_total`. `wrong`: an unknown user or a wrong password. */
export const REASONS = ['missing', 'malformed', 'repeated', 'wrong', 'overloaded'] as const

export type Reason = (typeof REASONS)[number]
