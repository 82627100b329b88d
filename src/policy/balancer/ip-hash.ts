import { Rendezvous } from './rendezvous.ts'
import type { Balancer } from './types.ts'

/** The same endpoint for the same client address, as long as it is there. Honours weights, but not slow start. */
export function createIpHash(): Balancer {
  const hash = new Rendezvous()
  return {
    pick: (candidates, hint) => (candidates.length <= 1 ? (candidates[0] ?? null) : hash.owner(candidates, hint.clientIp))
  }
}
