import { checkDurations } from './check-amounts.ts'
import { readTls } from './check-tls.ts'
import type { IssueCollector } from './collector.ts'
import { DEFAULT_PORT } from './compile-redis.ts'
import type { Path } from './issue.ts'
import type { TlsPlan } from './plan.ts'
import { isMap, type JsonMap } from './prepare.ts'
import { listOf, mapOf, textOf } from './reading.ts'
import { parseNode, parseRedisUrl } from './redis-url.ts'

/** The top-level `redis`. Returns its TLS, complete when nothing was wrong. */
export function checkRedis(document: Readonly<JsonMap>, readFile: (path: string) => string, issues: IssueCollector): TlsPlan | null {
  const redis = document['redis']
  if (!isMap(redis)) return null
  const path = ['redis']
  const kinds = ['url', 'sentinel', 'cluster'].filter((kind) => redis[kind] !== undefined)
  if (kinds.length !== 1) issues.add(path, { code: 'exactly-one', message: 'expected exactly one of url, sentinel and cluster', focus: 'key' })
  checkUrl(redis, path, issues)
  checkNodes(redis['cluster'], [...path, 'cluster'], DEFAULT_PORT.redis, issues)
  checkNodes(mapOf(redis['sentinel'])['nodes'], [...path, 'sentinel', 'nodes'], DEFAULT_PORT.sentinel, issues)
  checkUser(redis, path, issues)
  checkUser(mapOf(redis['sentinel']), [...path, 'sentinel'], issues)
  checkDurations(redis, ['timeout'], path, issues)
  if (redis['cluster'] !== undefined && typeof redis['database'] === 'number' && redis['database'] !== 0) {
    issues.add([...path, 'database'], { code: 'without-effect', message: 'a Redis Cluster has only the database 0', focus: 'key' })
  }
  return isMap(redis['tls']) ? readTls(redis['tls'], [...path, 'tls'], readFile, issues) : null
}

function checkUrl(redis: Readonly<JsonMap>, path: Path, issues: IssueCollector): void {
  const text = textOf(redis['url'])
  if (text === null) return
  const parsed = parseRedisUrl(text)
  if (!parsed.ok) {
    issues.add([...path, 'url'], { code: 'bad-address', message: parsed.reason, hint: parsed.hint })
    return
  }
  for (const key of ['username', 'password', 'database'] as const) {
    if (redis[key] === undefined || parsed.value[key] === null) continue
    issues.add([...path, key], { code: 'given-twice', message: `\`${key}\` is in the url too`, hint: 'leave one of them out', focus: 'key' })
  }
}

function checkNodes(nodes: unknown, path: Path, port: number, issues: IssueCollector): void {
  for (const [index, node] of listOf(nodes).entries()) {
    const parsed = typeof node === 'string' ? parseNode(node, port) : null
    if (parsed !== null && !parsed.ok) issues.add([...path, index], { code: 'bad-address', message: parsed.reason, hint: parsed.hint })
  }
}

/** A password alone is that of the user `default`. */
function checkUser(settings: Readonly<JsonMap>, path: Path, issues: IssueCollector): void {
  if (settings['username'] === undefined || settings['password'] !== undefined) return
  issues.add(path, { code: 'missing-key', message: '`username` needs `password`', focus: 'key' })
}
