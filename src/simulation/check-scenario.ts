import type { IssueCollector } from '../config/collector.ts'
import type { Path } from '../config/issue.ts'
import { suggestion } from '../config/nearest.ts'
import { listOf, mapOf, msOf, textOf } from '../config/reading.ts'

type Document = Readonly<Record<string, unknown>>

/** What the schema of a scenario cannot say; the upstreams are checked as those of a gateway. */
export function checkScenario(document: Document, issues: IssueCollector): void {
  const hosts = hostsOf(document)
  const upstreams = Object.keys(mapOf(document['upstreams']))
  for (const [name, upstream] of Object.entries(mapOf(document['upstreams']))) {
    if (mapOf(upstream)['discovery'] === undefined) continue
    const message = 'no registry is asked in a simulation'
    issues.add(['upstreams', name, 'discovery'], { code: 'not-simulated', message, hint: 'list the endpoints here', focus: 'key' })
  }
  for (const [name, behaviour] of Object.entries(mapOf(document['endpoints']))) {
    expectOneOf(name, hosts, 'endpoint', ['endpoints', name], issues, 'key')
    checkLatency(behaviour, ['endpoints', name], issues)
  }
  for (const [index, event] of listOf(document['events']).entries()) {
    const { endpoint, set } = mapOf(event)
    expectOneOf(endpoint, [...hosts, '*'], 'endpoint', ['events', index, 'endpoint'], issues)
    checkLatency(set, ['events', index, 'set'], issues)
  }
  for (const [index, expectation] of listOf(document['expect']).entries()) {
    for (const [kind, value] of Object.entries(mapOf(expectation))) checkExpectation(mapOf(value), ['expect', index, kind], hosts, upstreams, issues)
  }
}

function checkExpectation(value: Document, path: Path, hosts: readonly string[], upstreams: readonly string[], issues: IssueCollector): void {
  expectOneOf(value['endpoint'], hosts, 'endpoint', [...path, 'endpoint'], issues)
  expectOneOf(value['upstream'], upstreams, 'upstream', [...path, 'upstream'], issues)
  const [from, to] = [msOf(value['from']), msOf(value['to'])]
  if (from !== null && to !== null && from >= to) issues.add([...path, 'to'], { code: 'out-of-order', message: 'must be later than `from`' })
  const isLimited = ['min', 'max', 'opens', 'opensBy', 'endsAs'].some((key) => value[key] !== undefined)
  if (!isLimited) issues.add(path, { code: 'missing-key', message: 'nothing is expected', hint: 'add `min` or `max`', focus: 'key' })
}

function checkLatency(behaviour: unknown, path: Path, issues: IssueCollector): void {
  const latency = mapOf(mapOf(behaviour)['latency'])
  for (const [low, high] of [
    ['min', 'max'],
    ['median', 'p99']
  ] as const) {
    const [a, b] = [msOf(latency[low]), msOf(latency[high])]
    if (a !== null && b !== null && a > b) issues.add([...path, 'latency', high], { code: 'out-of-order', message: `must not be below \`${low}\`` })
    if (low === 'median' && a === 0) issues.add([...path, 'latency', low], { code: 'too-small', message: 'must be above 0' })
  }
}

function expectOneOf(
  name: unknown,
  known: readonly string[],
  what: 'endpoint' | 'upstream',
  path: Path,
  issues: IssueCollector,
  focus: 'key' | 'value' = 'value'
): void {
  const text = textOf(name)
  if (text === null || known.includes(text)) return
  issues.add(path, { code: 'dangling-reference', message: `there is no ${what} "${text}"`, hint: suggestion(text, known, `${what}s`), focus })
}

/** As far as they can be read: what is wrong with a url is told elsewhere. */
function hostsOf(document: Document): readonly string[] {
  const urls = Object.values(mapOf(document['upstreams'])).flatMap((upstream) =>
    listOf(mapOf(upstream)['endpoints']).map((endpoint) => textOf(endpoint) ?? textOf(mapOf(endpoint)['url']))
  )
  return [...new Set(urls.flatMap((url) => (url !== null && URL.canParse(url) ? [new URL(url).host] : [])))]
}
