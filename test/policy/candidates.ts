import type { Balancer, Candidate, PickHint } from '../../src/policy/balancer/types.ts'

/** Far from zero, as a monotonic clock may be. */
export const NOW = 9_007_199_254_741

export const anyone: PickHint = { clientIp: '', hashKey: null }

export type LiveCandidate = { -readonly [Field in keyof Candidate]: Candidate[Field] }

export function candidate(key: string, facts: Partial<Candidate> = {}): LiveCandidate {
  return { key, weight: 1, zone: null, inFlight: 0, latencyMs: 0, latencyAtMs: 0, sinceMs: -Infinity, ...facts }
}

export const weighted = (weights: Readonly<Record<string, number>>): LiveCandidate[] =>
  Object.entries(weights).map(([key, weight]) => candidate(key, { weight }))

export function picks(balancer: Balancer, candidates: readonly Candidate[], count: number, now = NOW): string[] {
  return Array.from({ length: count }, () => balancer.pick(candidates, anyone, now)?.key ?? '-')
}

/** Picks whose requests never end, so that the load of each candidate stays. */
export function heldPicks(balancer: Balancer, candidates: readonly LiveCandidate[], count: number, now = NOW): string[] {
  return Array.from({ length: count }, () => {
    const picked = balancer.pick(candidates, anyone, now)
    if (picked !== null) picked.inFlight++
    return picked?.key ?? '-'
  })
}

export function counts(keys: readonly string[]): Record<string, number> {
  const result: Record<string, number> = {}
  for (const key of keys) result[key] = (result[key] ?? 0) + 1
  return result
}

/** The largest distance, in parts of the share itself, between what each candidate got and what its weight is worth. */
export function worstDeviation(keys: readonly string[], weights: Readonly<Record<string, number>>): number {
  const got = counts(keys)
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0)
  return Math.max(...Object.entries(weights).map(([key, weight]) => Math.abs(((got[key] ?? 0) / keys.length / weight) * total - 1)))
}

/** The same in standard deviations of chance, so that it means the same for any number of keys; beyond 4.5 is no chance. */
export function worstSigma(keys: readonly string[], expected: readonly string[]): number {
  const got = counts(keys)
  const share = 1 / expected.length
  const deviation = Math.sqrt(keys.length * share * (1 - share))
  return Math.max(...expected.map((key) => Math.abs((got[key] ?? 0) - keys.length * share) / deviation))
}
