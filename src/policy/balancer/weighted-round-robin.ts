import { ListTables } from './list-tables.ts'
import { effectiveWeight } from './slow-start.ts'
import type { Balancer, Candidate } from './types.ts'

interface Account {
  credit: number
}

/** More accounts than any upstream has endpoints; those of endpoints that left are only dropped beyond. */
const MANY_ACCOUNTS = 1024

/**
 * Smooth weighted round-robin as nginx does it: every pick adds each candidate's weight to its credit, takes the one with the
 * most credit and charges it the sum of weights. Weights 5,1,1 give A A B A C A A rather than A A A A A B C.
 * O(n) a pick, a few nanoseconds each.
 */
export function createWeightedRoundRobin(slowStartMs: number): Balancer {
  const byKey = new Map<string, Account>()
  const tables = new ListTables((candidates) => accountsOf(candidates, byKey))
  return {
    pick(candidates, _hint, now) {
      const accounts = tables.of(candidates)
      let total = 0
      let best = -1
      let most = -Infinity
      for (let index = 0; index < candidates.length; index++) {
        const weight = effectiveWeight(candidates[index] as Candidate, now, slowStartMs)
        const account = accounts[index] as Account
        account.credit += weight
        total += weight
        if (account.credit > most) {
          best = index
          most = account.credit
        }
      }
      if (best === -1) return null
      ;(accounts[best] as Account).credit -= total
      return candidates[best] ?? null
    }
  }
}

/** The accounts of the candidates, in their order; an endpoint keeps its account from list to list. */
function accountsOf(candidates: readonly Candidate[], byKey: Map<string, Account>): readonly Account[] {
  // Endpoints come and go with discovery.
  if (byKey.size > MANY_ACCOUNTS + candidates.length) forgetAbsent(byKey, candidates)
  return candidates.map(({ key }) => {
    const known = byKey.get(key)
    if (known !== undefined) return known
    const opened = { credit: 0 }
    byKey.set(key, opened)
    return opened
  })
}

function forgetAbsent(byKey: Map<string, Account>, candidates: readonly Candidate[]): void {
  const present = new Set(candidates.map(({ key }) => key))
  for (const key of byKey.keys()) if (!present.has(key)) byKey.delete(key)
}
