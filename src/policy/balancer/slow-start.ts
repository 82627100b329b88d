import type { Candidate } from './types.ts'

/** What a newcomer begins with: enough to warm caches and pools, and to be measured. */
const FIRST_SHARE = 0.1

/**
 * The weight that counts now: while an endpoint starts slowly, a share of its weight that grows in a straight line from a tenth to all
 * of it. Relative like the weight itself, so that endpoints that start together divide the load as if none did.
 *
 * Counts for weighted-round-robin, least-connections, random, two-choices and least-latency. Round-robin knows no weights, and the
 * hashes leave slow start out: it would move keys twice, away from the newcomer and back.
 * @param now Monotonic ms.
 * @param slowStartMs 0 for none.
 */
export function effectiveWeight(candidate: Candidate, now: number, slowStartMs: number): number {
  if (slowStartMs === 0) return candidate.weight
  const ageMs = now - candidate.sinceMs
  if (ageMs >= slowStartMs) return candidate.weight
  // The caller may have read its clock before the endpoint was let in.
  const grown = ageMs > 0 ? ageMs / slowStartMs : 0
  return candidate.weight * (FIRST_SHARE + (1 - FIRST_SHARE) * grown)
}

/** Attempts for each unit of weight, this one counted in; the least loaded is the lowest. */
export function weightedLoad(candidate: Candidate, now: number, slowStartMs: number): number {
  return (candidate.inFlight + 1) / effectiveWeight(candidate, now, slowStartMs)
}
