import { parseAddress, parseEndpoint, type Parse } from './address.ts'
import { checkDurations } from './check-amounts.ts'
import { readTls } from './check-tls.ts'
import type { IssueCollector } from './collector.ts'
import { withScheme } from './compile-discovery.ts'
import type { Path } from './issue.ts'
import type { TlsPlan } from './plan.ts'
import { isMap, type JsonMap } from './prepare.ts'
import { listOf, mapOf, msOf, textOf } from './reading.ts'

/** Those that have no address to fall back to. */
const NEED_SETTINGS = ['etcd', 'zookeeper', 'eureka'] as const

const WITH_TLS = ['consul', 'etcd', 'eureka'] as const

/** The top-level `discovery`. Returns the TLS of each provider that has some, complete when nothing was wrong. */
export function checkDiscovery(
  document: Readonly<JsonMap>,
  readFile: (path: string) => string,
  issues: IssueCollector
): ReadonlyMap<string, TlsPlan> {
  const discovery = mapOf(document['discovery'])
  const path = ['discovery']
  const tls = new Map<string, TlsPlan>()
  for (const kind of WITH_TLS) {
    const settings = mapOf(mapOf(discovery[kind])['tls'])
    if (isMap(mapOf(discovery[kind])['tls'])) tls.set(kind, readTls(settings, [...path, kind, 'tls'], readFile, issues))
  }
  checkAddresses(discovery['consul'], [...path, 'consul'], (text) => parseEndpoint(withScheme(text)), issues)
  checkAddresses(discovery['etcd'], [...path, 'etcd'], (text) => parseEndpoint(withScheme(text)), issues)
  checkAddresses(discovery['zookeeper'], [...path, 'zookeeper'], parseAddress, issues)
  checkAddresses(discovery['eureka'], [...path, 'eureka'], parseBaseUrl, issues)
  checkApiServer(discovery['kubernetes'], [...path, 'kubernetes', 'apiServer'], issues)
  checkServers(discovery['dns'], [...path, 'dns'], issues)
  for (const kind of ['etcd', 'eureka'] as const) checkCredentials(mapOf(discovery[kind]), [...path, kind], issues)
  checkTimes(discovery, path, issues)
  return tls
}

function checkTimes(discovery: Readonly<JsonMap>, path: Path, issues: IssueCollector): void {
  const [least, most] = [1000, 600_000]
  const wait = msOf(mapOf(discovery['consul'])['wait'])
  if (wait !== null && (wait < least || wait > most)) {
    issues.add([...path, 'consul', 'wait'], { code: 'out-of-range', message: 'a blocking query waits from 1s to 10m' })
  }
  checkDurations(mapOf(discovery['eureka']), ['interval'], [...path, 'eureka'], issues)
  checkDurations(mapOf(discovery['zookeeper']), ['sessionTimeout'], [...path, 'zookeeper'], issues)
  const dns = mapOf(discovery['dns'])
  checkDurations(dns, ['minTtl', 'maxTtl', 'timeout'], [...path, 'dns'], issues)
  const [minTtl, maxTtl] = [msOf(dns['minTtl']), msOf(dns['maxTtl'])]
  if (minTtl !== null && maxTtl !== null && minTtl > maxTtl) {
    const message = `minTtl (${String(dns['minTtl'])}) must not be more than maxTtl (${String(dns['maxTtl'])})`
    issues.add([...path, 'dns', 'minTtl'], { code: 'out-of-order', message })
  }
}

function checkAddresses(settings: unknown, path: Path, parse: (text: string) => Parse<unknown>, issues: IssueCollector): void {
  const { address } = mapOf(settings)
  const entries = typeof address === 'string' ? [[address, [...path, 'address']] as const] : []
  for (const [text, at] of [...entries, ...listOf(address).map((item, index) => [item, [...path, 'address', index]] as const)]) {
    if (typeof text !== 'string') continue
    const parsed = parse(text)
    if (!parsed.ok) issues.add(at, { code: 'bad-address', message: parsed.reason, hint: parsed.hint })
  }
}

function parseBaseUrl(text: string): Parse<string> {
  const url = URL.parse(text)
  const isHttp = url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
  if (!isHttp) return { ok: false, reason: 'expected a url such as http://eureka:8761/eureka' }
  if (url.username !== '' || url.password !== '')
    return { ok: false, reason: 'the url has no user name or password', hint: 'use username and password' }
  return url.search === '' && url.hash === '' ? { ok: true, value: text } : { ok: false, reason: 'the url has no query or fragment' }
}

function checkApiServer(settings: unknown, path: Path, issues: IssueCollector): void {
  const text = textOf(mapOf(settings)['apiServer'])
  const parsed = text === null ? null : parseEndpoint(text)
  if (parsed !== null && !parsed.ok) issues.add(path, { code: 'bad-address', message: parsed.reason, hint: parsed.hint })
}

function checkServers(settings: unknown, path: Path, issues: IssueCollector): void {
  for (const [index, server] of listOf(mapOf(settings)['servers']).entries()) {
    const parsed = typeof server === 'string' ? parseAddress(server) : null
    if (parsed !== null && !parsed.ok) {
      const hint = parsed.hint ?? 'name servers listen on port 53'
      issues.add([...path, 'servers', index], { code: 'bad-address', message: parsed.reason, hint })
    }
  }
}

function checkCredentials(settings: Readonly<JsonMap>, path: Path, issues: IssueCollector): void {
  for (const [key, other] of [
    ['username', 'password'],
    ['password', 'username']
  ] as const) {
    if (settings[key] !== undefined && settings[other] === undefined) {
      issues.add(path, { code: 'missing-key', message: `\`${key}\` needs \`${other}\``, focus: 'key' })
    }
  }
}

/** Where one upstream has its endpoints from. */
export function checkQuery(upstream: Readonly<JsonMap>, path: Path, document: Readonly<JsonMap>, issues: IssueCollector): void {
  const { endpoints, discovery } = upstream
  if ((endpoints === undefined) === (discovery === undefined)) {
    issues.add(path, { code: 'exactly-one', message: 'expected exactly one of endpoints and discovery', focus: 'key' })
  }
  if (!isMap(discovery)) return
  const at = [...path, 'discovery']
  const kinds = Object.keys(discovery)
  if (kinds.length !== 1) {
    const message = 'expected exactly one of consul, file, dns, kubernetes, etcd, zookeeper and eureka'
    issues.add(at, { code: 'exactly-one', message, focus: 'key' })
  }
  for (const kind of NEED_SETTINGS) {
    if (discovery[kind] === undefined || mapOf(document['discovery'])[kind] !== undefined) continue
    issues.add([...at, kind], {
      code: 'missing-key',
      message: `the document has no discovery.${kind}`,
      hint: `say where it is, at the top: discovery: { ${kind}: { address: … } }`,
      focus: 'key'
    })
  }
  checkDns(discovery['dns'], [...at, 'dns'], issues)
}

function checkDns(dns: unknown, path: Path, issues: IssueCollector): void {
  if (!isMap(dns)) return
  const { type, port } = dns
  if (type === 'a' && port === undefined) {
    issues.add(path, { code: 'missing-key', message: 'missing the key `port`: A and AAAA records tell none', hint: 'or use type: srv', focus: 'key' })
  }
  if (type === 'srv' && port !== undefined) {
    issues.add([...path, 'port'], { severity: 'warning', code: 'without-effect', message: 'SRV records tell the port', focus: 'key' })
  }
}
