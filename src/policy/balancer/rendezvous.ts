import { ListTables } from './list-tables.ts'
import { hashString, mixBits } from './string-hash.ts'
import type { Candidate } from './types.ts'

/**
 * Weighted rendezvous hashing (D. Thaler, C. Ravishankar 1998; weights after C. Schindelhauer, G. Schomaker 2005): every candidate draws
 * a number from the key and its own name, exponentially distributed with its weight as the rate, and the lowest wins. When a candidate
 * goes, only its keys move, and to the others by their weights; the order of the list does not matter, and there is no table that
 * gateways could have built differently. O(n), a few nanoseconds each.
 */
export class Rendezvous {
  /** Only the names are hashed beforehand, as weights may change. */
  readonly #seeds = new ListTables((candidates) => candidates.map(({ key }) => hashString(key)))

  /** The owner of a key; null only for an empty list. */
  owner<C extends Candidate>(candidates: readonly C[], key: string): C | null {
    const seeds = this.#seeds.of(candidates)
    const keyHash = hashString(key)
    let best: C | null = null
    let lowest = Infinity
    for (let index = 0; index < candidates.length; index++) {
      const candidate = candidates[index] as C
      const uniform = (mixBits(keyHash ^ (seeds[index] as number)) >>> 0) / 0x1_0000_0000
      // -ln(1 - u) is never below u: nearly all of a long list is out of the race before its logarithm is needed.
      if (uniform > lowest * candidate.weight) continue
      const drawn = -Math.log1p(-uniform) / candidate.weight
      if (drawn < lowest || (drawn === lowest && best !== null && winsTie(candidate.key, best.key, key))) {
        best = candidate
        lowest = drawn
      }
    }
    return best
  }
}

/** Two names in four billion have the same hash and so draw the same for every key; without this one of them would get nothing. */
function winsTie(name: string, other: string, key: string): boolean {
  const difference = hashString(key + name) - hashString(key + other)
  return difference === 0 ? name < other : difference < 0
}
