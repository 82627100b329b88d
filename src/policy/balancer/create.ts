import { createRoundRobin } from './round-robin.ts'
import type { Balancer } from './types.ts'
import { createWeightedRoundRobin } from './weighted-round-robin.ts'

export type BalancerAlgorithm = 'round-robin' | 'weighted-round-robin'

/** @param random Uniform in [0, 1). */
export function createBalancer(algorithm: BalancerAlgorithm, random: () => number): Balancer {
  switch (algorithm) {
    case 'round-robin':
      return createRoundRobin(Math.floor(random() * 1024))
    case 'weighted-round-robin':
      return createWeightedRoundRobin()
  }
}
