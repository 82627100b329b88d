import { type Entry, exampleRequest, groupKey, type Group, type Groups } from './conflict-entry.ts'
import type { Conflict } from './conflict.ts'
import { impliesAll } from './field-overlap.ts'
import { type PathShape, shapeKey } from './path-shape.ts'
import type { RegexComparer } from './regex-overlap.ts'

/** Routes that another one always beats. Only what is certain is reported. */
export function findUnreachable(groups: Groups, regexes: RegexComparer): readonly Conflict[] {
  const found: Conflict[] = []
  for (const group of groups.values()) {
    found.push(...outrankedIn(group, regexes))
    for (const entry of group.entries) {
      const winner = shadowingParam(entry, group.host, groups, regexes)
      if (winner !== undefined) found.push(conflictOf(entry, winner, group.host, 'a ":param" segment goes before a regular expression', regexes))
    }
  }
  return found
}

/** Same path, same rank but for the priority, and everything that the loser wants is enough for the winner. */
function outrankedIn(group: Group, regexes: RegexComparer): readonly Conflict[] {
  if (group.entries.length < 2) return []
  const found: Conflict[] = []
  const byValues = new Map<string, Entry[]>()
  const mixed: Entry[] = []
  for (const entry of group.entries) {
    byValues.set(entry.equalsValues, [...(byValues.get(entry.equalsValues) ?? []), entry].sort(byPriority).slice(0, 50))
    if (entry.equalsNames === undefined) mixed.push(entry)
  }
  mixed.sort(byPriority)
  for (const entry of group.entries) {
    const winner = [...(byValues.get(entry.equalsValues) ?? []), ...mixed.slice(0, 50)].find((other) => outranks(other, entry))
    if (winner !== undefined) found.push(conflictOf(entry, winner, group.host, 'it has the higher priority', regexes))
  }
  return found
}

function byPriority(a: Entry, b: Entry): number {
  return b.route.priority - a.route.priority || a.route.id - b.route.id
}

function outranks(winner: Entry, loser: Entry): boolean {
  const { route: a } = winner
  const { route: b } = loser
  return (
    a.priority > b.priority &&
    a.headers.length === b.headers.length &&
    a.query.length === b.query.length &&
    namesMethodsOf(winner, loser) &&
    (a.path.kind === 'pattern' || (b.path.kind === 'regex' && a.path.source === b.path.source)) &&
    coversFields(winner, loser)
  )
}

/** On an equal path an "any method" loses to a named one, so only the same kind covers. */
function namesMethodsOf(winner: Entry, loser: Entry): boolean {
  const { methods } = loser.route
  if (methods.length === 0) return winner.route.methods.length === 0
  return methods.every((method) => winner.route.methods.includes(method))
}

function coversFields(winner: Entry, loser: Entry): boolean {
  return (
    loser.hosts.every((host) => winner.hosts.includes(host)) && impliesAll(loser.headers, winner.headers) && impliesAll(loser.query, winner.query)
  )
}

/** `/users/[0-9]+` next to `/users/:id`: the pattern goes first and takes all that the regular expression could match. */
function shadowingParam(entry: Entry, host: string, groups: Groups, regexes: RegexComparer): Entry | undefined {
  const { path } = entry.route
  if (path.kind === 'pattern') return undefined
  const segments = [...entry.shape.segments, { kind: 'param', name: 'x' } as const]
  const param: PathShape = { segments, tail: { kind: 'end' }, paramNames: [] }
  const rivals = groups.get(groupKey(host, shapeKey(param)))?.entries ?? []
  const winner = rivals.find((other) => (other.route.methods.length === 0 || namesMethodsOf(other, entry)) && coversFields(other, entry))
  return winner !== undefined && matchesOneSegment(path.source, entry.shape, regexes) ? winner : undefined
}

function matchesOneSegment(source: string, shape: PathShape, regexes: RegexComparer): boolean {
  const before = shape.segments.map((segment) => (segment.kind === 'literal' ? `/${escapeRegex(segment.text)}` : '')).join('')
  return regexes.overlap(source, `${before}/(?:[^/]*/.*)?`).kind === 'disjoint' && regexes.overlap(source, `${before}/[^/]+`).kind === 'overlap'
}

function escapeRegex(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}

function conflictOf(loser: Entry, winner: Entry, host: string, why: string, regexes: RegexComparer): Conflict {
  return {
    kind: 'unreachable',
    route: loser.route.id,
    other: winner.route.id,
    reason: `"${loser.route.name}" never receives a request: "${winner.route.name}" matches all that it matches, and ${why}`,
    example: exampleRequest(loser, winner, host, loser.route.methods[0] ?? 'GET', regexes)
  }
}
