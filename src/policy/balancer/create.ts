import { createConsistentHash } from './consistent-hash.ts'
import { createIpHash } from './ip-hash.ts'
import { createLeastConnections } from './least-connections.ts'
import { createLeastLatency } from './least-latency.ts'
import { createRandom } from './random.ts'
import { createRoundRobin } from './round-robin.ts'
import { createTwoChoices } from './two-choices.ts'
import type { Balancer, BalancerRule } from './types.ts'
import { createWeightedRoundRobin } from './weighted-round-robin.ts'

/**
 * `slowStartMs` has no effect on round-robin, ip-hash and consistent-hash.
 * @param random Uniform in [0, 1).
 */
export function createBalancer({ algorithm, slowStartMs }: BalancerRule, random: () => number): Balancer {
  switch (algorithm) {
    case 'round-robin':
      return createRoundRobin(Math.floor(random() * 1024))
    case 'weighted-round-robin':
      return createWeightedRoundRobin(slowStartMs)
    case 'least-connections':
      return createLeastConnections(slowStartMs, random)
    case 'random':
      return createRandom(slowStartMs, random)
    case 'two-choices':
      return createTwoChoices(slowStartMs, random)
    case 'ip-hash':
      return createIpHash()
    case 'consistent-hash':
      return createConsistentHash(random)
    case 'least-latency':
      return createLeastLatency(slowStartMs, random)
  }
}
