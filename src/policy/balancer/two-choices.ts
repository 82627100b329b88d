import { effectiveWeight, weightedLoad } from './slow-start.ts'
import type { Balancer, Candidate } from './types.ts'
import { drawIndex, totalWeight } from './weighted-draw.ts'

/** @returns Whether the one drawn second is to be taken rather than the first. */
type Rival = (first: Candidate, second: Candidate, now: number) => boolean

/**
 * The less loaded of two candidates that chance draws (M. Mitzenmacher, "The Power of Two Choices in Randomized Load Balancing", 2001):
 * nearly as even as the least loaded of all, and gateways that see the same picture do not all run to the same endpoint.
 * @param random Uniform in [0, 1).
 */
export function createTwoChoices(slowStartMs: number, random: () => number): Balancer {
  return createPairwise(slowStartMs, random, (first, second, now) => weightedLoad(second, now, slowStartMs) < weightedLoad(first, now, slowStartMs))
}

/**
 * Draws two different candidates in proportion to their weights, as nginx does for `random two`, and lets `prefersSecond` decide. Drawn
 * evenly, the heavy one of weights 8, 1, 1 would be missing from a third of the pairs and could never get its 80 %. The first of a pair
 * is distributed exactly as the weights say, and so a tie that falls to the first is fair.
 */
export function createPairwise(slowStartMs: number, random: () => number, prefersSecond: Rival): Balancer {
  return {
    pick(candidates, _hint, now) {
      if (candidates.length <= 1) return candidates[0] ?? null
      const total = totalWeight(candidates, now, slowStartMs)
      const firstIndex = drawIndex(candidates, total, -1, random(), now, slowStartMs)
      const first = candidates[firstIndex] as (typeof candidates)[number]
      const others = total - effectiveWeight(first, now, slowStartMs)
      const second = candidates[drawIndex(candidates, others, firstIndex, random(), now, slowStartMs)] as (typeof candidates)[number]
      return prefersSecond(first, second, now) ? second : first
    }
  }
}
