import type { ExampleRequest } from './conflict.ts'
import { fieldsOverlap, type FieldsOverlap } from './field-overlap.ts'
import { parseHost } from './host-pattern.ts'
import { type PathShape, pathShape, shapeKey } from './path-shape.ts'
import { compareText } from './specificity.ts'
import type { RegexComparer, RegexOverlap } from './regex-overlap.ts'
import type { FieldTest, RouteMatch } from './types.ts'

/** A route as the search for conflicts sees it. */
export interface Entry {
  readonly route: RouteMatch
  readonly shape: PathShape
  readonly pathKey: string
  /** Canonical; one empty text for any host. */
  readonly hosts: readonly string[]
  readonly headers: readonly FieldTest[]
  readonly query: readonly FieldTest[]
  /** The same for all routes whose tests are 'equals' on the same names; undefined when a test is of another kind. */
  readonly equalsNames: string | undefined
  /** The same only for routes whose 'equals' tests want the same values. */
  readonly equalsValues: string
}

/** Routes that match the same host and the same path at the same rank. */
export interface Group {
  readonly host: string
  readonly entries: Entry[]
}

export type Groups = ReadonlyMap<string, Group>

export function createEntry(route: RouteMatch): Entry {
  const shape = pathShape(route.path)
  const hosts = route.hosts.map((host) => {
    const parsed = parseHost(host)
    if (!parsed.ok) throw new TypeError(`host ${JSON.stringify(host)}: ${parsed.reason}`)
    return parsed.text
  })
  const headers = route.headers.map((test) => ({ ...test, name: test.name.toLowerCase() })).sort(byName)
  const query = [...route.query].sort(byName)
  const onlyEquals = [...headers, ...query].every((test) => test.kind === 'equals')
  return {
    route,
    shape,
    pathKey: shapeKey(shape),
    hosts: hosts.length === 0 ? [''] : [...new Set(hosts)],
    headers,
    query,
    equalsNames: onlyEquals ? JSON.stringify([headers, query].map((tests) => tests.map((test) => test.name))) : undefined,
    equalsValues: JSON.stringify([headers, query])
  }
}

function byName(a: FieldTest, b: FieldTest): number {
  return compareText(a.name, b.name)
}

export function groupKey(host: string, pathKey: string): string {
  return `${host} ${pathKey}`
}

export function groupEntries(entries: readonly Entry[]): Groups {
  const groups = new Map<string, Group>()
  for (const entry of entries) {
    for (const host of entry.hosts) {
      const key = groupKey(host, entry.pathKey)
      const group = groups.get(key) ?? { host, entries: [] }
      group.entries.push(entry)
      groups.set(key, group)
    }
  }
  return groups
}

/** The headers and the query of a request that passes the tests of both routes. */
export function testsOverlap(a: Entry, b: Entry, regexes: RegexComparer): { readonly headers: FieldsOverlap; readonly query: FieldsOverlap } {
  return { headers: fieldsOverlap([...a.headers, ...b.headers], regexes), query: fieldsOverlap([...a.query, ...b.query], regexes) }
}

/** A request for these two routes, or undefined when the path or a field could not be constructed. */
export function exampleRequest(a: Entry, b: Entry, host: string, method: string, regexes: RegexComparer): ExampleRequest | undefined {
  const paths = pathsOverlap(a, b, regexes)
  const { headers, query } = testsOverlap(a, b, regexes)
  if (paths.kind !== 'overlap' || headers.kind !== 'overlap' || query.kind !== 'overlap') return undefined
  return { method, host: exampleHost(host, [...a.hosts, ...b.hosts]), path: paths.text, query: query.values, headers: headers.values }
}

/** A host that the wildcard matches and that neither route names in full. */
function exampleHost(host: string, taken: readonly string[]): string {
  const labels = ['x', 'y', 'z', ...taken.map((_, index) => `x${index}`)]
  if (!host.startsWith('*')) return host
  return labels.map((label) => host.replace('*', label)).find((text) => !taken.includes(text)) ?? host
}

/** A path that both match. Two patterns in one group are of the same shape; a pattern next to a regex takes all that the regex matches. */
export function pathsOverlap(a: Entry, b: Entry, regexes: RegexComparer): RegexOverlap {
  const [first, second] = [a, b].flatMap(({ route }) => (route.path.kind === 'regex' ? [route.path.source] : []))
  return first === undefined ? { kind: 'overlap', text: patternExample(a.shape) } : regexes.overlap(first, second ?? first)
}

function patternExample({ segments, tail }: PathShape): string {
  const texts = segments.map((segment) => (segment.kind === 'literal' ? segment.text : 'x'))
  return `/${[...texts, ...(tail.kind === 'wildcard' ? ['x'] : [])].join('/')}`
}
