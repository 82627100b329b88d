export interface BackoffRule {
  readonly baseMs: number
  readonly maxMs: number
}

export const DEFAULT_BACKOFF: BackoffRule = { baseMs: 100, maxMs: 5000 }

/**
 * How long to wait before asking again after the n-th failure in a row, counted from 1. Doubles up to a limit; half of it is chance, so that
 * gateways that lost the same registry do not come back together.
 * @param random In [0, 1).
 */
export function backoffMs(failures: number, random: number, { baseMs, maxMs }: BackoffRule = DEFAULT_BACKOFF): number {
  const full = Math.min(maxMs, baseMs * 2 ** Math.min(30, failures - 1))
  return full / 2 + (full / 2) * random
}
