import type { Conflict } from './conflict.ts'
import { createEntry, groupEntries } from './conflict-entry.ts'
import { findTies } from './conflict-ties.ts'
import { findUnreachable } from './conflict-unreachable.ts'
import { RegexComparer } from './regex-overlap.ts'
import type { RouteMatch } from './types.ts'

export type { Conflict, ExampleRequest } from './conflict.ts'

/**
 * Finds the routes that contradict or exclude each other. Conservative: an `unreachable` is certain; a `tie` between regular
 * expressions that cannot be told apart may be none, and says so. A route is reported once per kind, against the first route
 * in its way. Only routes that can meet at equal rank are compared, so the time grows with the number of routes.
 *
 * Throws like `compileRouter` for an invalid route.
 */
export function findConflicts(routes: readonly RouteMatch[]): readonly Conflict[] {
  const entries = [...routes].sort((a, b) => a.id - b.id).map(createEntry)
  const groups = groupEntries(entries)
  const regexes = new RegexComparer()
  const found = new Map<string, Conflict>()
  for (const conflict of [...findUnreachable(groups, regexes), ...findTies(groups, regexes)]) {
    const id = `${conflict.kind} ${conflict.route}`
    if (!found.has(id)) found.set(id, conflict)
  }
  return [...found.values()].sort((a, b) => a.route - b.route || a.other - b.other)
}
