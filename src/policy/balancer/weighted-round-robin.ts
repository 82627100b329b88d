import type { Balancer } from './types.ts'

/**
 * Smooth weighted round-robin as nginx does it: every pick adds each candidate's weight to its credit, takes the one with the
 * most credit and charges it the sum of weights. Weights 5,1,1 give A A B A C A A rather than A A A A A B C.
 * O(n) a pick; for lists of hundreds take another algorithm.
 */
export function createWeightedRoundRobin(): Balancer {
  const credits = new Map<string, number>()
  return {
    pick(candidates) {
      let total = 0
      let best: (typeof candidates)[number] | null = null
      let bestCredit = -Infinity
      for (const candidate of candidates) {
        const credit = (credits.get(candidate.key) ?? 0) + candidate.weight
        credits.set(candidate.key, credit)
        total += candidate.weight
        if (credit > bestCredit) {
          best = candidate
          bestCredit = credit
        }
      }
      if (best !== null) credits.set(best.key, bestCredit - total)
      // Endpoints come and go with discovery: forget the credit of those that are no longer offered.
      if (credits.size > 2 * candidates.length + 16) forgetAbsent(credits, candidates)
      return best
    }
  }
}

function forgetAbsent(credits: Map<string, number>, candidates: readonly { readonly key: string }[]): void {
  const present = new Set(candidates.map((candidate) => candidate.key))
  for (const key of credits.keys()) if (!present.has(key)) credits.delete(key)
}
