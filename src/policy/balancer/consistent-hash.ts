import { createRandom } from './random.ts'
import { Rendezvous } from './rendezvous.ts'
import type { Balancer } from './types.ts'

/**
 * The same endpoint for the same hash key, as long as it is there; requests without a key go by chance. Honours weights, but not slow
 * start. @param random Uniform in [0, 1).
 */
export function createConsistentHash(random: () => number): Balancer {
  const hash = new Rendezvous()
  const keyless = createRandom(0, random)
  return {
    pick(candidates, hint, now) {
      if (candidates.length <= 1) return candidates[0] ?? null
      return hint.hashKey === null ? keyless.pick(candidates, hint, now) : hash.owner(candidates, hint.hashKey)
    }
  }
}
