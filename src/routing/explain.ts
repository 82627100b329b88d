import { compileFieldTest, QueryView } from './field-tests.ts'
import { parseHost } from './host-pattern.ts'
import { pathShape } from './path-shape.ts'
import { PathTable } from './path-table.ts'
import { compileRouter } from './router.ts'
import { Search } from './search.ts'
import { compareText, compareWithinPath, hostRank, methodRank, pathRank } from './specificity.ts'
import type { FieldTest, RouteFacts, RouteMatch, RouteResult } from './types.ts'

/** One condition of a route. `subject` is `host`, `path`, `method`, `header x-version` or `query page`. */
export interface Check {
  readonly subject: string
  readonly ok: boolean
  /** A sentence for the operator: what was wanted and what came. */
  readonly detail: string
}

/**
 * selected: got the request. outranked: matches, but a more specific route got it. refused: would get it, but another spelling
 * of the path belongs to a more specific route. failed: some check is not ok.
 */
export type Verdict = 'selected' | 'outranked' | 'refused' | 'failed'

export interface ConsideredRoute {
  readonly id: number
  readonly name: string
  readonly verdict: Verdict
  /** All of them, in the order in which they are decided, also after the first that failed. */
  readonly checks: readonly Check[]
}

export interface MatchExplanation {
  readonly result: RouteResult
  /** Every route, in the order of precedence for this request. */
  readonly considered: readonly ConsideredRoute[]
}

/** Says for each route why it did or did not get this request. For people: takes time with the number of routes. Throws like `compileRouter`. */
export function explainMatch(routes: readonly RouteMatch[], facts: RouteFacts): MatchExplanation {
  const result = compileRouter(routes).match(facts)
  const query = new QueryView(facts.query)
  const ordered = routes.map((route) => consider(route, facts, query)).sort((a, b) => compareConsidered(a, b, facts.method))
  const best = ordered.find((item) => item.checks.every((check) => check.ok))
  const considered = ordered.map(({ route, checks }): ConsideredRoute => {
    const ok = checks.every((check) => check.ok)
    const first = route === best?.route
    const verdict: Verdict = !ok ? 'failed' : !first ? 'outranked' : result.kind === 'ambiguous' ? 'refused' : 'selected'
    return { id: route.id, name: route.name, verdict, checks }
  })
  return { result, considered }
}

interface Item {
  readonly route: RouteMatch
  readonly hostRank: number
  readonly pathRank: string
  readonly checks: readonly Check[]
}

/** The precedence of `specificity.ts`, also between routes that do not match. */
function compareConsidered(a: Item, b: Item, method: string): number {
  return b.hostRank - a.hostRank || compareText(b.pathRank, a.pathRank) || compareWithinPath(a.route, b.route, method)
}

function consider(route: RouteMatch, facts: RouteFacts, query: QueryView): Item {
  const hosts = route.hosts.map((host) => {
    const parsed = parseHost(host)
    return parsed.ok ? parsed.text : host
  })
  const matching = hosts.filter((host) => hostMatches(host, facts.host))
  const ranked = (matching.length > 0 ? matching : hosts).map((host) => hostRank(host))
  const checks = [
    hostCheck(hosts, matching, facts.host),
    pathCheck(route, facts),
    methodCheck(route.methods, facts.method),
    ...route.headers.map((test) => fieldCheck('header', test, facts.header(test.name.toLowerCase()))),
    ...route.query.map((test) => fieldCheck('query', test, query.get(test.name)))
  ]
  return { route, hostRank: Math.max(0, ...ranked), pathRank: pathRank(pathShape(route.path)), checks }
}

function hostMatches(host: string, requested: string): boolean {
  return host.startsWith('*.') ? requested.endsWith(host.slice(1)) && requested.length >= host.length : host === requested
}

function hostCheck(hosts: readonly string[], matching: readonly string[], requested: string): Check {
  const subject = 'host'
  if (hosts.length === 0) return { subject, ok: true, detail: 'any host' }
  const [host] = matching
  const came = requested === '' ? 'no host' : `"${requested}"`
  return host === undefined
    ? { subject, ok: false, detail: `wants ${hosts.join(' or ')}, not ${came}` }
    : { subject, ok: true, detail: `${came} is ${host}` }
}

/** Asks the router's own table, so that the explanation cannot differ from the match. */
function pathCheck(route: RouteMatch, facts: RouteFacts): Check {
  const free: RouteMatch = { ...route, hosts: [], methods: [], headers: [], query: [] }
  const table = new PathTable()
  table.add(free, undefined, pathShape(route.path), false)
  table.seal()
  const search = new Search(facts)
  search.reset(facts)
  const ok = table.find(search) !== undefined
  const wanted = route.path.kind === 'regex' ? `the regular expression ${route.path.source}` : route.path.pattern
  return { subject: 'path', ok, detail: `"${facts.path}" ${ok ? 'matches' : 'does not match'} ${wanted}` }
}

function methodCheck(methods: readonly string[], method: string): Check {
  const subject = 'method'
  if (methods.length === 0) return { subject, ok: true, detail: 'any method' }
  const rank = methodRank(methods, method)
  if (rank === 0) return { subject, ok: false, detail: `wants ${methods.join(' or ')}, not ${method}` }
  return { subject, ok: true, detail: rank === 2 ? 'HEAD is served by GET' : `${method} is named` }
}

function fieldCheck(kind: 'header' | 'query', test: FieldTest, value: string | undefined): Check {
  const ok = compileFieldTest(test)(value)
  const came = value === undefined ? 'it is absent' : `it is ${JSON.stringify(value)}`
  return { subject: `${kind} ${test.name}`, ok, detail: `must ${wish(test)}; ${came}` }
}

function wish(test: FieldTest): string {
  switch (test.kind) {
    case 'equals':
      return `be ${JSON.stringify(test.value)}`
    case 'present':
      return 'be present'
    case 'absent':
      return 'be absent'
    case 'regex':
      return `match ${test.source}`
  }
}
