import { type Entry, exampleRequest, type Group, type Groups, pathsOverlap, testsOverlap } from './conflict-entry.ts'
import type { Conflict } from './conflict.ts'
import type { RegexComparer } from './regex-overlap.ts'

/** Routes of equal rank in everything, priority included, so far without a tie. */
class Rivals {
  /**
   * By the names of their tests when these are all 'equals': two such routes with the same names meet only with the same
   * values, so thousands of routes for different values of one header are told apart by text alone.
   */
  readonly #byNames = new Map<string | undefined, Entry[]>()
  readonly #byValues = new Map<string, Entry>()

  /** The first one that can match the same request. Adds the entry when there is none. */
  meet(entry: Entry, regexes: RegexComparer): Entry | undefined {
    const same = this.#byValues.get(entry.equalsValues)
    const rival = same !== undefined && meets(entry, same, regexes) ? same : this.#search(entry, regexes)
    if (rival !== undefined) return rival
    const sameNames = this.#byNames.get(entry.equalsNames)
    if (sameNames === undefined) this.#byNames.set(entry.equalsNames, [entry])
    else sameNames.push(entry)
    if (same === undefined) this.#byValues.set(entry.equalsValues, entry)
    return undefined
  }

  #search(entry: Entry, regexes: RegexComparer): Entry | undefined {
    for (const [names, entries] of this.#byNames) {
      // Patterns only: for a regex, another one with the same values may be the rival.
      const apart = names !== undefined && names === entry.equalsNames && entry.route.path.kind === 'pattern'
      const rival = apart ? undefined : entries.find((other) => meets(entry, other, regexes))
      if (rival !== undefined) return rival
    }
    return undefined
  }
}

function meets(a: Entry, b: Entry, regexes: RegexComparer): boolean {
  const { headers, query } = testsOverlap(a, b, regexes)
  return headers.kind !== 'disjoint' && query.kind !== 'disjoint' && pathsOverlap(a, b, regexes).kind !== 'disjoint'
}

export function findTies(groups: Groups, regexes: RegexComparer): readonly Conflict[] {
  return [...groups.values()].flatMap((group) => (group.entries.length > 1 ? tiesOf(group, regexes) : []))
}

function tiesOf(group: Group, regexes: RegexComparer): readonly Conflict[] {
  const ties: Conflict[] = []
  const ranks = new Map<string, Rivals>()
  for (const entry of group.entries) {
    const { methods, headers, query, priority } = entry.route
    for (const method of methods.length === 0 ? [''] : new Set(methods)) {
      const rank = `${method} ${headers.length} ${query.length} ${priority}`
      const rivals = ranks.get(rank) ?? new Rivals()
      ranks.set(rank, rivals)
      const rival = rivals.meet(entry, regexes)
      if (rival !== undefined) ties.push(tieOf(entry, rival, group.host, method === '' ? 'GET' : method, regexes))
    }
  }
  return ties
}

function tieOf(entry: Entry, rival: Entry, host: string, method: string, regexes: RegexComparer): Conflict {
  const example = exampleRequest(entry, rival, host, method, regexes)
  const both = `"${entry.route.name}" and "${rival.route.name}" are equally specific`
  return {
    kind: 'tie',
    route: entry.route.id,
    other: rival.route.id,
    reason:
      example === undefined
        ? `${both}, and it cannot be excluded that their regular expressions match the same request; give one of them a higher priority`
        : `${both} and match the same request; give one of them a higher priority, or a narrower match`,
    example
  }
}
