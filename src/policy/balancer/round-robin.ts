import type { Balancer } from './types.ts'

/**
 * Each candidate in turn; weights and slow start are ignored.
 *
 * Turns are counted for each length of list on its own. A retry asks with a list that is shorter by what was tried; if it moved the turn
 * of the full list, one failing endpoint of three would be the first choice of every other request, and another one of none.
 * @param start Where to begin, any non-negative integer: gateways that start together should not all begin at the first endpoint.
 */
export function createRoundRobin(start: number): Balancer {
  const turns: number[] = []
  return {
    pick(candidates) {
      const { length } = candidates
      if (length === 0) return null
      while (turns.length <= length) turns.push(start)
      const turn = (turns[length] as number) % length
      turns[length] = turn + 1
      return candidates[turn] ?? null
    }
  }
}
