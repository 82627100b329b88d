import { patternParamNames } from '../routing/path-shape.ts'
import { checkDurations } from './check-amounts.ts'
import type { IssueCollector } from './collector.ts'
import type { Path } from './issue.ts'
import { isMap, type JsonMap } from './prepare.ts'
import { listOf, mapOf, msOf, textOf } from './reading.ts'
import { toRouteMatch } from './route-match.ts'

const IGNORES_SLOW_START: ReadonlySet<unknown> = new Set(['round-robin', 'ip-hash', 'consistent-hash'])

/** The `loadBalancing` of an upstream, against its endpoints, its routes and the zone of the gateway. */
export function checkBalancing(name: string, upstream: JsonMap, document: Readonly<JsonMap>, issues: IssueCollector): void {
  const path = ['upstreams', name, 'loadBalancing']
  const balancing = mapOf(upstream['loadBalancing'])
  const endpoints = listOf(upstream['endpoints'])
  checkAlgorithm(balancing, endpoints, path, issues)
  checkSticky(balancing['sticky'], [...path, 'sticky'], issues)
  checkZones(endpoints, ['upstreams', name, 'endpoints'], document, issues)
  const param = textOf(mapOf(balancing['hashOn'])['param'])
  if (param !== null && balancing['algorithm'] === 'consistent-hash') checkParam(param, name, document, issues)
}

function checkAlgorithm(balancing: Readonly<JsonMap>, endpoints: readonly unknown[], path: Path, issues: IssueCollector): void {
  const { algorithm, hashOn, slowStart } = balancing
  const ignored = (key: string, message: string, focus: 'key' | 'value'): void =>
    issues.add([...path, key], { severity: 'warning', code: 'without-effect', message, focus })
  // An endpoint of weight 0 gets nothing from any algorithm.
  const weights = new Set(endpoints.map((endpoint) => (isMap(endpoint) ? endpoint['weight'] : 1)).filter((weight) => weight !== 0))
  if (weights.size > 1 && algorithm === 'round-robin') ignored('algorithm', 'round-robin does not look at the weights, which differ', 'value')
  if (hashOn !== undefined && algorithm !== 'consistent-hash') ignored('hashOn', 'only `algorithm: consistent-hash` uses hashOn', 'key')
  checkDurations(balancing, msOf(slowStart) === 0 ? [] : ['slowStart'], path, issues)
  if ((msOf(slowStart) ?? 0) > 0 && IGNORES_SLOW_START.has(algorithm)) ignored('slowStart', `${String(algorithm)} knows no slow start`, 'key')
}

function checkSticky(sticky: unknown, path: Path, issues: IssueCollector): void {
  if (!isMap(sticky)) return
  const { cookie, sameSite, secure } = sticky
  checkDurations(sticky, ['maxAge'], path, issues)
  const insecure = (key: string, message: string): void => issues.add([...path, key], { code: 'insecure-cookie', message, hint: 'add secure: true' })
  if (secure === true) return
  if (sameSite === 'none') insecure('sameSite', 'browsers refuse `sameSite: none` without `secure`')
  if (/^__(?:Secure|Host)-/i.test(textOf(cookie) ?? '')) insecure('cookie', 'browsers refuse a cookie of this name without `secure`')
}

/** An empty zone is one that the surroundings did not set; only a missing key is a slip. */
function checkZones(endpoints: readonly unknown[], path: Path, document: Readonly<JsonMap>, issues: IssueCollector): void {
  if (document['zone'] !== undefined || !endpoints.some((endpoint) => textOf(mapOf(endpoint)['zone']) !== null)) return
  issues.add(path, {
    severity: 'warning',
    code: 'without-effect',
    message: 'the endpoints have zones, but the gateway has none',
    hint: 'add `zone` at the top level, such as zone: "${ZONE:-}"',
    focus: 'key'
  })
}

function checkParam(param: string, name: string, document: Readonly<JsonMap>, issues: IssueCollector): void {
  const without = listOf(document['routes']).flatMap((route, index) => {
    if (mapOf(route)['upstream'] !== name || issues.isWrong(['routes', index, 'match'])) return []
    const match = toRouteMatch(route, index)
    return match === null || patternParamNames(match.path).includes(param) ? [] : [match.name]
  })
  if (without.length === 0) return
  issues.add(['upstreams', name, 'loadBalancing', 'hashOn', 'param'], {
    severity: 'warning',
    code: 'unknown-param',
    message: `the path has no parameter "${param}" in ${without.map((route) => `route "${route}"`).join(', ')}`,
    hint: 'their requests are spread evenly'
  })
}
