import { parseEndpoint } from './address.ts'
import { checkBalancing } from './check-balancing.ts'
import { checkQuery } from './check-discovery.ts'
import { checkFallback } from './check-fallback.ts'
import { checkHealth } from './check-health.ts'
import { hostProblem } from './check-host.ts'
import { checkBreaker, checkBulkhead, checkOutlier, checkSlowCall } from './check-limits.ts'
import { checkRetry } from './check-retry.ts'
import type { IssueCollector } from './collector.ts'
import type { Path } from './issue.ts'
import { isMap } from './prepare.ts'
import { listOf, mapOf, textOf } from './reading.ts'

/** Every upstream: its endpoints, and what it does when they fail. */
export function checkUpstreams(document: Readonly<Record<string, unknown>>, issues: IssueCollector): void {
  for (const [name, upstream] of Object.entries(mapOf(document['upstreams']))) {
    if (!isMap(upstream)) continue
    const path = ['upstreams', name]
    if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name)) {
      issues.add(path, {
        code: 'bad-format',
        message: 'the name of an upstream is lower-case letters, digits and single hyphens, such as order-service',
        focus: 'key'
      })
    }
    checkEndpoints(listOf(upstream['endpoints']), [...path, 'endpoints'], issues)
    checkQuery(upstream, path, document, issues)
    checkBalancing(name, upstream, document, issues)
    checkHealth(upstream['healthCheck'], [...path, 'healthCheck'], issues)
    checkOutlier(upstream['outlierDetection'], [...path, 'outlierDetection'], issues)
    checkBreaker(upstream['circuitBreaker'], [...path, 'circuitBreaker'], issues)
    checkSlowCall(upstream, path, issues)
    checkBulkhead(upstream['bulkhead'], [...path, 'bulkhead'], issues)
    checkRetry(upstream, path, issues)
    checkFallback(upstream, path, issues)
    checkHostHeader(upstream['hostHeader'], [...path, 'hostHeader'], issues)
  }
}

function checkEndpoints(endpoints: readonly unknown[], path: Path, issues: IssueCollector): void {
  const seen = new Map<string, number>()
  for (const [index, endpoint] of endpoints.entries()) {
    const plain = typeof endpoint === 'string'
    const url = textOf(plain ? endpoint : mapOf(endpoint)['url'])
    const at = plain ? [...path, index] : [...path, index, 'url']
    const parsed = url === null ? null : parseEndpoint(url)
    if (parsed === null) continue
    if (!parsed.ok) {
      issues.add(at, { code: 'bad-endpoint', message: parsed.reason, hint: parsed.hint })
      continue
    }
    const first = seen.get(parsed.value)
    if (first === undefined) seen.set(parsed.value, index)
    else
      issues.add(at, {
        code: 'duplicate-endpoint',
        message: `the endpoint ${parsed.value} is already in the list, at [${first}]`,
        hint: 'raise its weight instead'
      })
  }
  const weights = endpoints.map((endpoint) => (isMap(endpoint) ? endpoint['weight'] : 1))
  if (weights.length > 0 && weights.every((weight) => weight === 0)) {
    issues.add(path, { code: 'weights-zero', message: 'every endpoint has weight 0, so none can be picked' })
  }
}

function checkHostHeader(value: unknown, path: Path, issues: IssueCollector): void {
  const name = textOf(value)
  if (name === null || name === 'upstream' || name === 'preserve') return
  const problem = hostProblem(name)
  if (problem !== null) issues.add(path, { code: 'bad-host', message: `expected upstream, preserve or a host name: ${problem}` })
}
