import type { RequestFacts } from './record.ts'

/** A request that was answered with 500 or above, or whose answer broke off. What the client gave up is not one. */
export function isClientError({ aborted, finished, status }: RequestFacts): boolean {
  return !aborted && (!finished || status >= 500)
}

/** The nearest rank of sorted values; null for none. @param percent From 0 to 100. */
export function percentile(sorted: readonly number[], percent: number): number | null {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? null
}
