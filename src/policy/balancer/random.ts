import type { Balancer } from './types.ts'
import { drawIndex, totalWeight } from './weighted-draw.ts'

/** One candidate by chance, in proportion to the weights. @param random Uniform in [0, 1). */
export function createRandom(slowStartMs: number, random: () => number): Balancer {
  return {
    pick(candidates, _hint, now) {
      if (candidates.length <= 1) return candidates[0] ?? null
      const total = totalWeight(candidates, now, slowStartMs)
      return candidates[drawIndex(candidates, total, -1, random(), now, slowStartMs)] ?? null
    }
  }
}
