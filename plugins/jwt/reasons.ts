import { TOKEN_ERROR_CODES } from 'fast-jwt'

/** Why a request was refused; the closed label set of `auth_failures_total`. */
export const REASONS = [
  'missing',
  'malformed',
  'repeated',
  'algorithm',
  'type',
  'key',
  'unavailable',
  'signature',
  'expired',
  'not_active',
  'too_old',
  'issuer',
  'audience',
  'claims'
] as const

export type Reason = (typeof REASONS)[number]

const CODES: Readonly<Record<string, Reason>> = {
  [TOKEN_ERROR_CODES.invalidAlgorithm]: 'algorithm',
  [TOKEN_ERROR_CODES.invalidSignature]: 'signature',
  [TOKEN_ERROR_CODES.missingSignature]: 'signature',
  [TOKEN_ERROR_CODES.verifyError]: 'signature',
  [TOKEN_ERROR_CODES.invalidClaimType]: 'claims',
  [TOKEN_ERROR_CODES.missingRequiredClaim]: 'claims'
}

/** For the metric only: the client learns nothing of it. */
export function classifyTokenError(error: unknown): Reason {
  const { code, message } = error as { readonly code?: string; readonly message?: string }
  if (code === TOKEN_ERROR_CODES.invalidClaimValue) {
    // fast-jwt has one code for both and names the claim in its message alone.
    if (/\biss\b/.test(message ?? '')) return 'issuer'
    return /\baud\b/.test(message ?? '') ? 'audience' : 'claims'
  }
  return CODES[code ?? ''] ?? 'malformed'
}
