import type { Balancer } from './types.ts'

/**
 * Each candidate in turn, weights ignored.
 * @param start Where to begin, any non-negative integer: gateways that start together should not all begin at the first endpoint.
 */
export function createRoundRobin(start: number): Balancer {
  let next = start
  return {
    pick(candidates) {
      if (candidates.length === 0) return null
      // The counter wraps far below 2^53 and above any list; a plain modulo keeps turns even when the list changes.
      next = (next + 1) % 0x7fffffff
      return candidates[next % candidates.length] ?? null
    }
  }
}
