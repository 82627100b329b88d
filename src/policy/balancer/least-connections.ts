import { weightedLoad } from './slow-start.ts'
import type { Balancer } from './types.ts'

/**
 * The candidate with the fewest running attempts for its weight, this one counted in: an idle endpoint of weight 3 goes before an idle
 * one of weight 1. Among equals chance decides, or the first in the list would get everything that comes while all are idle. O(n).
 * @param random Uniform in [0, 1).
 */
export function createLeastConnections(slowStartMs: number, random: () => number): Balancer {
  return {
    pick(candidates, _hint, now) {
      let best: (typeof candidates)[number] | null = null
      let lowest = Infinity
      let equals = 0
      for (const candidate of candidates) {
        const load = weightedLoad(candidate, now, slowStartMs)
        if (load < lowest) {
          best = candidate
          lowest = load
          equals = 1
        } else if (load === lowest) equals++
      }
      if (equals <= 1) return best
      // One draw and a second walk cost less than a draw at each equal.
      let passed = Math.floor(random() * equals)
      for (const candidate of candidates) {
        if (weightedLoad(candidate, now, slowStartMs) !== lowest) continue
        if (passed === 0) return candidate
        passed--
      }
      return best
    }
  }
}
