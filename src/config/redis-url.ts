import { parseAddress, type Parse } from './address.ts'
import type { AddressPlan } from './plan.ts'

export interface RedisUrl {
  readonly address: AddressPlan
  readonly username: string | null
  readonly password: string | null
  readonly database: number | null
  readonly isTls: boolean
}

const REDIS_PORT = 6379
const EXAMPLE = 'redis://user:password@redis.internal:6379/0'

/** Reads a `redis:` or `rediss:` url. A reason never repeats the text: it may hold a password. */
export function parseRedisUrl(text: string): Parse<RedisUrl> {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'redis:' && url.protocol !== 'rediss:') || url.hostname === '') {
    return { ok: false, reason: 'expected a url with the scheme redis: or rediss:', hint: `for example ${EXAMPLE}` }
  }
  if (url.search !== '' || url.hash !== '') return { ok: false, reason: 'the url has no query or fragment', hint: 'settings are keys beside the url' }
  if (url.port === '0') return { ok: false, reason: 'the port must be 1 to 65535' }
  const database = /^\/?(\d{0,6})$/.exec(url.pathname)?.[1]
  if (database === undefined) return { ok: false, reason: 'the path of the url is the number of a database', hint: `for example ${EXAMPLE}` }
  const [username, password] = [decoded(url.username), decoded(url.password)]
  if (username === null || password === null) {
    return { ok: false, reason: 'the user name or password of the url is wrongly encoded', hint: 'write a % as %25' }
  }
  return {
    ok: true,
    value: {
      address: { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: url.port === '' ? REDIS_PORT : Number(url.port) },
      username: username === '' ? null : username,
      password: password === '' ? null : password,
      database: database === '' ? null : Number(database),
      isTls: url.protocol === 'rediss:'
    }
  }
}

/** `host:port`, or a host alone. */
export function parseNode(text: string, defaultPort: number): Parse<AddressPlan> {
  const hasPort = /(?:^[^:]*|\]):\d+$/.test(text)
  const parsed = parseAddress(hasPort ? text : `${text}:${defaultPort}`)
  return parsed.ok && parsed.value.port === 0 ? { ok: false, reason: 'the port must be 1 to 65535' } : parsed
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}
