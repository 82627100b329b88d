import type { FieldTest, RouteFacts, RouteMatch, RouteResult } from '../../src/routing/types.ts'

/**
 * The routing rule said once more, as simply as possible and without the code under test: filter all routes that match, sort
 * by precedence, take the first. Does not know about other spellings; see `spelling.property.test.ts`.
 */
export function modelMatch(routes: readonly RouteMatch[], facts: RouteFacts): RouteResult {
  const others = routes.filter(
    (route) => hostOf(route, facts) !== undefined && pathTokens(route, facts.path) !== undefined && fieldsMatch(route, facts)
  )
  const matching = others.filter((route) => methodScore(route, facts.method) > 0)
  const [best] = matching.sort((a, b) => compareKeys(keyOf(a, facts), keyOf(b, facts)))
  if (best !== undefined) return { kind: 'route', id: best.id, params: paramsOf(best, facts.path) }
  const allow = new Set(others.flatMap((route) => (route.methods.includes('GET') ? [...route.methods, 'HEAD'] : route.methods)))
  return allow.size === 0 ? { kind: 'not-found' } : { kind: 'method-not-allowed', allow: [...allow].sort() }
}

/** Smaller sorts first, element by element. */
function keyOf(route: RouteMatch, facts: RouteFacts): ReadonlyArray<number | string> {
  const host = hostOf(route, facts) ?? ''
  return [
    -(host === '' ? 0 : host.startsWith('*') ? host.split('.').length : 1000),
    ...(pathTokens(route, facts.path) ?? []),
    -methodScore(route, facts.method),
    -route.headers.length,
    -route.query.length,
    -route.priority,
    route.name
  ]
}

function compareKeys(a: ReadonlyArray<number | string>, b: ReadonlyArray<number | string>): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? 0
    if (left !== right) return left < right ? -1 : 1
  }
  return 0
}

function hostOf(route: RouteMatch, facts: RouteFacts): string | undefined {
  if (route.hosts.length === 0) return ''
  return [...route.hosts]
    .sort((a, b) => Number(a.startsWith('*')) - Number(b.startsWith('*')) || b.length - a.length)
    .find((host) => host === facts.host || (host.startsWith('*') && facts.host.endsWith(host.slice(1)) && facts.host.length > host.length - 1))
}

/** Padded to ten, so that the keys of all routes have their parts in the same places. Undefined: no match. */
function pathTokens(route: RouteMatch, path: string): readonly number[] | undefined {
  const tokens = route.path.kind === 'regex' ? regexTokens(route.path.source, path) : patternTokens(route.path.pattern, path)
  return tokens && [...tokens, ...Array.from({ length: 10 - tokens.length }, () => 0)]
}

const end = 0
const literal = 1
const param = 2
const regex = 3
const wildcard = 4

function patternTokens(pattern: string, path: string): readonly number[] | undefined {
  const wanted = pattern.split('/').slice(1)
  const open = wanted.at(-1) === '*'
  if (open) wanted.pop()
  const given = path.split('/').slice(1)
  if (given.length < wanted.length || (!open && given.length > wanted.length)) return undefined
  const fits = wanted.every((segment, index) => (segment.startsWith(':') ? given[index] !== '' : segment === given[index]))
  return fits ? [...wanted.map((segment) => (segment.startsWith(':') ? param : literal)), open ? wildcard : end] : undefined
}

/** The model's regexes consist of plain characters up to the first group, class or dot. */
function regexTokens(source: string, path: string): readonly number[] | undefined {
  if (!new RegExp(`^(?:${source})$`).test(path)) return undefined
  const prefix = /^[a-zA-Z/]*/.exec(source)?.[0] ?? ''
  const pieces = prefix.split('/')
  return [...pieces.slice(1, -1).map(() => literal), regex, 100 - (pieces.at(-1) ?? '').length]
}

function methodScore({ methods }: RouteMatch, method: string): number {
  if (methods.length === 0) return 1
  return methods.includes(method) ? 3 : method === 'HEAD' && methods.includes('GET') ? 2 : 0
}

function fieldsMatch(route: RouteMatch, facts: RouteFacts): boolean {
  const query = new Map<string, string>()
  for (const part of facts.query.split('&')) {
    const [name = '', value = ''] = part.split('=')
    if (name !== '' && !query.has(name)) query.set(name, value)
  }
  return (
    route.headers.every((test) => fieldMatches(test, facts.header(test.name))) &&
    route.query.every((test) => fieldMatches(test, query.get(test.name)))
  )
}

function fieldMatches(test: FieldTest, value: string | undefined): boolean {
  if (test.kind === 'absent') return value === undefined
  if (value === undefined) return false
  if (test.kind === 'present') return true
  return test.kind === 'equals' ? value === test.value : new RegExp(`^(?:${test.source})$`).test(value)
}

function paramsOf(route: RouteMatch, path: string): Readonly<Record<string, string>> {
  if (route.path.kind === 'regex') {
    const groups = Object.entries(new RegExp(`^(?:${route.path.source})$`).exec(path)?.groups ?? {})
    return Object.fromEntries(groups.filter(([, value]) => value !== undefined))
  }
  const params: Record<string, string> = {}
  const given = path.split('/').slice(1)
  for (const [index, segment] of route.path.pattern.split('/').slice(1).entries()) {
    if (segment === '*') params['*'] = given.slice(index).join('/')
    else if (segment.startsWith(':')) params[segment.slice(1)] = given[index] ?? ''
  }
  return params
}
