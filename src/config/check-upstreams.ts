import { parseHost } from '../routing/host-pattern.ts'
import { parseEndpoint } from './address.ts'
import type { IssueCollector } from './collector.ts'
import type { Path } from './issue.ts'
import { isMap } from './prepare.ts'
import { listOf, mapOf, textOf } from './reading.ts'

/** Endpoints, their weights and the Host header of every upstream. */
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
  // A port is allowed here, as in the header field itself.
  const [, host = name, port] = /^(.*?)(?::(\d+))?$/.exec(name) ?? []
  const parsed = parseHost(host)
  if (parsed.ok && parsed.host.kind === 'exact' && Number(port ?? 1) <= 65_535) return
  const reason = parsed.ok ? 'a fixed name has no wildcard and a valid port' : parsed.reason
  issues.add(path, { code: 'bad-host', message: `expected upstream, preserve or a host name: ${reason}` })
}
