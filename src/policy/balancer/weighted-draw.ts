import { effectiveWeight } from './slow-start.ts'
import type { Candidate } from './types.ts'

export function totalWeight(candidates: readonly Candidate[], now: number, slowStartMs: number): number {
  let total = 0
  for (const candidate of candidates) total += effectiveWeight(candidate, now, slowStartMs)
  return total
}

/**
 * The index of one candidate, each with a chance in proportion to its weight. O(n), about a nanosecond each: weights may change under
 * a list that stays (slow start), so that no table is kept.
 * @param candidates Not empty, apart from the one left out.
 * @param total The sum of their weights, the one left out not counted.
 * @param except Index of a candidate that is left out; -1 for none.
 * @param chance Uniform in [0, 1).
 */
export function drawIndex(candidates: readonly Candidate[], total: number, except: number, chance: number, now: number, slowStartMs: number): number {
  let rest = chance * total
  let last = -1
  for (let index = 0; index < candidates.length; index++) {
    if (index === except) continue
    last = index
    rest -= effectiveWeight(candidates[index] as Candidate, now, slowStartMs)
    if (rest < 0) return index
  }
  // Rounding can leave a trace of the sum behind the last one.
  return last
}
