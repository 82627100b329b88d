import type { Candidate } from './candidate.ts'
import { HostTable } from './host-table.ts'
import { Search } from './search.ts'
import { hasOtherSpellings, isOddlySpelled, spellingsOf } from './spelling.ts'
import type { RouteFacts, RouteMatch, Router, RouteResult } from './types.ts'

/**
 * Compiles routes into a router. Which route it finds depends on the routes and the request only, never on the order of the
 * routes; `specificity.ts` has the rule. The routes have been validated (`parsePathPattern`, `parseHost`, `isSafeRegex`):
 * throws a TypeError or SyntaxError for one that is invalid.
 */
export function compileRouter(routes: readonly RouteMatch[]): Router {
  const building = buildRouterStepwise(routes)
  for (;;) {
    const { done, value } = building.next()
    if (done === true) return value
  }
}

/** The same in small steps, for whoever has something else to do meanwhile. */
export function* buildRouterStepwise(routes: readonly RouteMatch[]): Generator<void, Router, undefined> {
  const table = new HostTable(false)
  yield* table.fill(routes)
  // The other table is made now rather than in the middle of the first request that needs it.
  const folded = new HostTable(true)
  yield* folded.fill(routes)
  return new CompiledRouter(routes, table, folded)
}

const notFound: RouteResult = Object.freeze({ kind: 'not-found' })
const idle: RouteFacts = { host: '', method: '', path: '/', query: '', header: () => undefined }

class CompiledRouter implements Router {
  readonly #table: HostTable
  readonly #hasRegexes: boolean
  /** A pattern itself is written with an upper-case letter or a trailing slash, so that every request needs the second look. */
  readonly #alwaysFold: boolean
  readonly #hasMethods: boolean
  readonly #search = new Search(idle)
  readonly #folded: HostTable

  constructor(routes: readonly RouteMatch[], table: HostTable, folded: HostTable) {
    this.#table = table
    this.#folded = folded
    this.#hasRegexes = routes.some((route) => route.path.kind === 'regex')
    this.#alwaysFold = routes.some((route) => isOddlySpelled(route.path))
    this.#hasMethods = routes.some((route) => route.methods.length > 0)
  }

  match(facts: RouteFacts): RouteResult {
    const search = this.#search
    search.reset(facts)
    const found = this.#table.find(search)
    if (found === undefined) return this.#hasMethods ? this.#refuse(search) : notFound
    const result = search.result(found)
    // Nothing is more specific than an exact path under the best host.
    if (found.exact && (!this.#table.usesHosts || found.hostRank === Number.MAX_SAFE_INTEGER)) return result
    if (!this.#alwaysFold && !hasOtherSpellings(facts.path)) return result
    const guard = this.#stricter(found, search)
    return guard === undefined ? result : { kind: 'ambiguous', id: guard.route.id }
  }

  /** A second walk, off the hot path: is it only the method that did not fit? */
  #refuse(search: Search): RouteResult {
    const allow = new Set<string>()
    search.allow = allow
    this.#table.find(search)
    search.allow = undefined
    return allow.size === 0 ? notFound : { kind: 'method-not-allowed', allow: [...allow].sort() }
  }

  /** The route that another spelling of the path belongs to, if it is more specific than the one found literally. */
  #stricter(found: Candidate, search: Search): Candidate | undefined {
    for (const spelling of spellingsOf(search.facts.path, this.#hasRegexes)) {
      search.path = spelling.path
      const other = this.#folded.find(search)
      if (other === undefined || other.route.id === found.route.id) continue
      if (spelling.restructured || isStricter(other, found)) return other
    }
    return undefined
  }
}

function isStricter(other: Candidate, found: Candidate): boolean {
  if (other.hostRank !== found.hostRank) return other.hostRank > found.hostRank
  return other.foldedRank > found.foldedRank
}
