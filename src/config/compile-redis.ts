import { durationMs } from '../plugin-api/units.ts'
import type { AddressPlan, RedisPlan, RedisTarget, TlsPlan } from './plan.ts'
import { parseNode, parseRedisUrl, type RedisUrl } from './redis-url.ts'
import type { GatewayDocument } from './schema-document.ts'

type RedisDocument = NonNullable<GatewayDocument['redis']>

const PLAIN_TLS: TlsPlan = { caPem: null, certPem: null, keyPem: null, serverName: null, insecureSkipVerify: false }

export const DEFAULT_PORT = { redis: 6379, sentinel: 26_379 } as const

export function compileRedis(redis: RedisDocument | undefined, tls: TlsPlan | null): RedisPlan | null {
  if (redis === undefined) return null
  const url = redis.url === undefined ? null : urlOf(redis.url)
  return {
    target: url === null ? groupOf(redis) : { kind: 'server', address: url.address },
    username: redis.username ?? url?.username ?? null,
    password: redis.password ?? url?.password ?? null,
    tls: tls ?? (url?.isTls === true ? PLAIN_TLS : null),
    timeoutMs: durationMs(redis.timeout),
    keyPrefix: redis.keyPrefix,
    database: redis.database ?? url?.database ?? 0
  }
}

function groupOf({ sentinel, cluster }: RedisDocument): RedisTarget {
  if (sentinel !== undefined) {
    const { name, nodes, username, password } = sentinel
    const sentinels = nodes.map((node) => nodeOf(node, DEFAULT_PORT.sentinel))
    return { kind: 'sentinel', name, sentinels, sentinelUsername: username ?? null, sentinelPassword: password ?? null }
  }
  if (cluster !== undefined) return { kind: 'cluster', nodes: cluster.map((node) => nodeOf(node, DEFAULT_PORT.redis)) }
  throw new TypeError('redis was not validated')
}

function urlOf(text: string): RedisUrl {
  const parsed = parseRedisUrl(text)
  if (!parsed.ok) throw new TypeError('the url of redis was not validated')
  return parsed.value
}

function nodeOf(text: string, port: number): AddressPlan {
  const parsed = parseNode(text, port)
  if (!parsed.ok) throw new TypeError('a node of redis was not validated')
  return parsed.value
}
