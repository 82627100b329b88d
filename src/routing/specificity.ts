import type { PathShape } from './path-shape.ts'
import type { RouteMatch } from './types.ts'

/**
 * The precedence of routes, most significant first; `docs/routing.md` has the same table for operators.
 *
 *   1. host      exact > longer wildcard > shorter wildcard > any
 *   2. path      read from the left, the first difference decides:
 *                end of path > literal segment > `:param` > regex > `/*`; of two regexes, the longer literal prefix
 *   3. method    named > HEAD through GET > any method
 *   4. tests     more header tests, then more query tests
 *   5. priority  higher
 *   6. name      only so that a tie (a configuration error, see `conflicts.ts`) does not depend on the order of routes
 *
 * "Read from the left" puts an exact path first by itself: no other path that matches the same request has a better
 * segment anywhere.
 */

/** Larger is more specific. `hosts` holds the one entry that matched; undefined means any host. */
export function hostRank(host: string | undefined): number {
  if (host === undefined) return 0
  return host.startsWith('*.') ? host.length : Number.MAX_SAFE_INTEGER
}

/** A string per path: of two paths that match the same request, the larger string is the more specific path. */
export function pathRank(shape: PathShape): string {
  let rank = ''
  for (const segment of shape.segments) rank += segment.kind === 'literal' ? '4' : '3'
  switch (shape.tail.kind) {
    case 'end':
      return `${rank}5`
    case 'wildcard':
      return `${rank}1`
    case 'regex':
      return `${rank}2${String.fromCharCode(shape.tail.prefix.length)}`
  }
}

/** 3 named, 2 HEAD served by GET, 1 any method, 0 does not serve this method. */
export function methodRank(methods: readonly string[], method: string): 0 | 1 | 2 | 3 {
  if (methods.length === 0) return 1
  if (methods.includes(method)) return 3
  return method === 'HEAD' && methods.includes('GET') ? 2 : 0
}

/** Orders routes of the same host and path rank, for one method; negative when `a` goes first. Never 0 for two routes. */
export function compareWithinPath(a: RouteMatch, b: RouteMatch, method: string): number {
  return (
    methodRank(b.methods, method) - methodRank(a.methods, method) ||
    b.headers.length - a.headers.length ||
    b.query.length - a.query.length ||
    b.priority - a.priority ||
    compareText(a.name, b.name) ||
    a.id - b.id
  )
}

/** By code units, so that the order does not depend on the locale of the machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
