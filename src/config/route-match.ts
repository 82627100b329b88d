import { parseHost } from '../routing/host-pattern.ts'
import type { FieldTest, PathMatch, RouteMatch } from '../routing/types.ts'
import { listOf, mapOf, textOf } from './reading.ts'

/** What a route of the document matches. Tolerates a document that is wrong elsewhere; null without a usable name or path. */
export function toRouteMatch(route: unknown, id: number): RouteMatch | null {
  const { name, match, priority } = mapOf(route)
  const { path, pathRegex, methods, hosts, headers, query } = mapOf(match)
  const target = pathMatch(path, pathRegex)
  if (typeof name !== 'string' || target === null) return null
  return {
    id,
    name,
    path: target,
    hosts: texts(hosts).map((host) => {
      const parsed = parseHost(host)
      return parsed.ok ? parsed.text : host.toLowerCase()
    }),
    methods: [...new Set(texts(methods).map((method) => method.toUpperCase()))],
    headers: Object.entries(mapOf(headers)).map(([header, test]) => fieldTest(header.toLowerCase(), test)),
    query: Object.entries(mapOf(query)).map(([parameter, test]) => fieldTest(parameter, test)),
    priority: typeof priority === 'number' ? priority : 0
  }
}

function pathMatch(pattern: unknown, source: unknown): PathMatch | null {
  if (textOf(pattern) !== null) return { kind: 'pattern', pattern: String(pattern) }
  return textOf(source) === null ? null : { kind: 'regex', source: String(source) }
}

function fieldTest(name: string, test: unknown): FieldTest {
  if (typeof test === 'string') return { kind: 'equals', name, value: test }
  const { regex, present } = mapOf(test)
  if (typeof regex === 'string') return { kind: 'regex', name, source: regex }
  return { kind: present === false ? 'absent' : 'present', name }
}

function texts(value: unknown): readonly string[] {
  return [...new Set(listOf(value).filter((item) => typeof item === 'string'))]
}
