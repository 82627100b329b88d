import type { IssueCollector } from '../config/collector.ts'
import type { Path } from '../config/issue.ts'
import { suggestion } from '../config/nearest.ts'
import { listOf, mapOf, msOf, textOf } from '../config/reading.ts'

type Document = Readonly<Record<string, unknown>>

/** What the schema of a scenario cannot say; the upstreams are checked as those of a gateway. */
export function checkScenario(document: Document, issues: IssueCollector): void {
  const hosts = hostsOf(document)
  const known = { endpoint: hosts, upstream: Object.keys(mapOf(document['upstreams'])), load: loadsOf(document), limit: policiesOf(document) }
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
    const { endpoint, set, store } = mapOf(event)
    if (store !== undefined && document['redis'] === undefined) {
      issues.add(['events', index, 'store'], {
        code: 'missing-key',
        message: 'there is no Redis',
        hint: 'add the top-level `redis: {}`',
        focus: 'key'
      })
    }
    expectOneOf(endpoint, [...hosts, '*'], 'endpoint', ['events', index, 'endpoint'], issues)
    checkLatency(set, ['events', index, 'set'], issues)
  }
  for (const [index, expectation] of listOf(document['expect']).entries()) {
    for (const [kind, value] of Object.entries(mapOf(expectation))) checkExpectation(mapOf(value), ['expect', index, kind], known, issues)
  }
  checkConsumers(document, issues)
}

/** A consumer is in the same groups wherever it asks. */
function checkConsumers(document: Document, issues: IssueCollector): void {
  const groupsOf = new Map<string, string>()
  for (const [index, load] of listOf(document['load']).entries()) {
    const { consumer, groups } = mapOf(load)
    const [name, written] = [textOf(consumer), JSON.stringify(groups)]
    if (name === null) {
      if (listOf(groups).length > 0)
        issues.add(['load', index, 'groups'], { code: 'missing-key', message: '`groups` are those of a `consumer`', focus: 'key' })
    } else if ((groupsOf.get(name) ?? written) !== written) {
      issues.add(['load', index], { code: 'conflict', message: `the consumer "${name}" has other groups in an earlier load`, focus: 'key' })
    } else groupsOf.set(name, written)
  }
}

interface Known {
  readonly endpoint: readonly string[]
  readonly upstream: readonly string[]
  readonly load: readonly string[]
  readonly limit: readonly string[]
}

function checkExpectation(value: Document, path: Path, known: Known, issues: IssueCollector): void {
  expectOneOf(value['endpoint'], known.endpoint, 'endpoint', [...path, 'endpoint'], issues)
  expectOneOf(value['upstream'], known.upstream, 'upstream', [...path, 'upstream'], issues)
  expectOneOf(value['load'], known.load, 'load', [...path, 'load'], issues)
  expectOneOf(value['policy'], known.limit, 'limit', [...path, 'policy'], issues)
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
  what: keyof Known,
  path: Path,
  issues: IssueCollector,
  focus: 'key' | 'value' = 'value'
): void {
  const text = textOf(name)
  if (text === null || known.includes(text)) return
  issues.add(path, { code: 'dangling-reference', message: `there is no ${what} "${text}"`, hint: suggestion(text, known, `${what}s`), focus })
}

function loadsOf(document: Document): readonly string[] {
  return listOf(document['load']).map((load, index) => textOf(mapOf(load)['name']) ?? `load-${index}`)
}

/** Names of limits. One without a name has that of its route, or `global` where routes share it. */
function policiesOf(document: Document): readonly string[] {
  const loads = loadsOf(document)
  return listOf(document['load']).flatMap((load, index) => {
    const { rateLimit } = mapOf(load)
    if (rateLimit === undefined) return []
    const { name, by, limits } = mapOf(rateLimit)
    if (limits !== undefined) return listOf(limits).flatMap((one) => textOf(mapOf(one)['name']) ?? [])
    return [textOf(name) ?? ([by].flat().includes('global') ? 'global' : (loads[index] ?? ''))]
  })
}

/** As far as they can be read: what is wrong with a url is told elsewhere. */
function hostsOf(document: Document): readonly string[] {
  const urls = Object.values(mapOf(document['upstreams'])).flatMap((upstream) =>
    listOf(mapOf(upstream)['endpoints']).map((endpoint) => textOf(endpoint) ?? textOf(mapOf(endpoint)['url']))
  )
  return [...new Set(urls.flatMap((url) => (url !== null && URL.canParse(url) ? [new URL(url).host] : [])))]
}
