import { findConflicts, type Conflict } from '../routing/conflicts.ts'
import { parseHost } from '../routing/host-pattern.ts'
import { parsePathPattern } from '../routing/path-pattern.ts'
import type { RouteMatch } from '../routing/types.ts'
import { checkBreaker, checkBulkhead } from './check-limits.ts'
import { checkRegex } from './check-regex.ts'
import { checkRewrite } from './check-rewrite.ts'
import type { IssueCollector } from './collector.ts'
import type { Path } from './issue.ts'
import { METHODS, REFUSED_METHODS } from './methods.ts'
import { suggestion } from './nearest.ts'
import { isMap } from './prepare.ts'
import { listOf, mapOf, textOf } from './reading.ts'
import { toRouteMatch } from './route-match.ts'
import { TOKEN } from './schema-parts.ts'

/** Every route by itself, then all of them against each other. */
export function checkRoutes(document: Readonly<Record<string, unknown>>, issues: IssueCollector): void {
  const routes = listOf(document['routes'])
  const names = new Map<string, number>()
  for (const [index, route] of routes.entries()) {
    if (!isMap(route)) continue
    const path: Path = ['routes', index]
    const name = textOf(route['name'])
    const first = name === null ? undefined : names.get(name)
    if (name !== null && first === undefined) names.set(name, index)
    if (first !== undefined)
      issues.add([...path, 'name'], { code: 'duplicate-name', message: `the name "${name ?? ''}" is already that of routes[${first}]` })
    checkMatch(mapOf(route['match']), [...path, 'match'], isMap(route['match']), issues)
    checkRewrite(route, path, issues)
    checkBreaker(route['circuitBreaker'], [...path, 'circuitBreaker'], issues)
    checkBulkhead(route['bulkhead'], [...path, 'bulkhead'], issues)
  }
  checkConflicts(routes, issues)
  if (Array.isArray(document['routes']) && routes.length === 0) {
    issues.add(['routes'], {
      severity: 'warning',
      code: 'no-routes',
      message: 'there are no routes: every request is answered with 404',
      focus: 'key'
    })
  }
}

function checkMatch(match: Readonly<Record<string, unknown>>, path: Path, isThere: boolean, issues: IssueCollector): void {
  if (isThere && (match['path'] === undefined) === (match['pathRegex'] === undefined)) {
    issues.add(path, {
      code: 'exactly-one',
      message: 'expected exactly one of path and pathRegex',
      focus: 'key',
      hint: 'path: /* matches every path'
    })
  }
  const pattern = textOf(match['path'])
  const parsed = pattern === null ? null : parsePathPattern(pattern)
  if (parsed?.ok === false) issues.add([...path, 'path'], { code: 'bad-path', message: `${parsed.reason}, at character ${parsed.offset + 1}` })
  checkRegex(match['pathRegex'], [...path, 'pathRegex'], issues)
  for (const [index, method] of listOf(match['methods']).entries()) checkMethod(method, [...path, 'methods', index], issues)
  for (const [index, host] of listOf(match['hosts']).entries()) {
    const result = textOf(host) === null ? null : parseHost(String(host))
    if (result?.ok === false) issues.add([...path, 'hosts', index], { code: 'bad-host', message: result.reason })
  }
  for (const kind of ['headers', 'query']) {
    for (const [name, test] of Object.entries(mapOf(match[kind]))) {
      const at = [...path, kind, name]
      if (kind === 'headers' && !TOKEN.test(name))
        issues.add(at, { code: 'bad-header-name', message: `"${name}" is not a header name`, focus: 'key' })
      checkRegex(mapOf(test)['regex'], [...at, 'regex'], issues)
    }
  }
}

function checkMethod(method: unknown, path: Path, issues: IssueCollector): void {
  if (textOf(method) === null) return
  const upper = String(method).toUpperCase()
  if (REFUSED_METHODS.has(upper)) issues.add(path, { code: 'bad-method', message: `the gateway never passes ${upper} on` })
  else if (!METHODS.has(upper)) {
    const common = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
    issues.add(path, {
      code: 'bad-method',
      message: 'unknown request method',
      got: String(method),
      hint: upper === '*' ? 'leave `methods` out to match any' : suggestion(upper, [...common, ...METHODS], 'common methods').replace(/, ACL.*/, '')
    })
  }
}

/** Only routes that are right by themselves can be compared. */
function checkConflicts(routes: readonly unknown[], issues: IssueCollector): void {
  const matches = routes.flatMap((route, index): readonly RouteMatch[] => {
    const match = toRouteMatch(route, index)
    const usable = match !== null && !['name', 'match', 'priority'].some((key) => issues.isWrong(['routes', index, key]))
    return usable ? [match] : []
  })
  const names = new Map(matches.map(({ id, name }) => [id, name]))
  for (const conflict of findConflicts(matches)) {
    const { kind, route, reason } = conflict
    const other = `route "${names.get(conflict.other) ?? ''}"`
    const message =
      kind === 'tie' ? `it is undecided whether this route or ${other} takes a request` : `no request reaches this route: ${other} takes them all`
    issues.add(['routes', route, 'match'], {
      code: kind === 'tie' ? 'route-tie' : 'route-unreachable',
      message: `${message}; ${reason}`,
      hint: conflictHint(conflict),
      focus: 'key'
    })
  }
}

function conflictHint({ kind, example }: Conflict): string | undefined {
  const advice = kind === 'tie' ? 'give one of them a higher priority' : undefined
  if (example === undefined) return advice
  const { method, host, path } = example
  const query = new URLSearchParams(example.query).toString()
  const headers = Object.entries(example.headers)
    .map(([name, value]) => ` with ${name}: ${value}`)
    .join('')
  const request = `for example ${method} ${host === '' ? '' : `http://${host}`}${path}${query === '' ? '' : `?${query}`}${headers}`
  return advice === undefined ? request : `${advice}; ${request}`
}
