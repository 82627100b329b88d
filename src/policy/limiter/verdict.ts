import type { LimitVerdict } from './types.ts'

const US_PER_MS = 1000

/** All verdicts are made here, in one shape. */
export function verdictOf(allowed: boolean, remaining: number, resetUs: number, retryAfterUs: number): LimitVerdict {
  return { allowed, remaining: Math.max(0, remaining), resetMs: resetUs / US_PER_MS, retryAfterMs: retryAfterUs / US_PER_MS }
}
