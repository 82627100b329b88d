import type { EtcdQuery, Scheme } from '../../config/plan-discovery.ts'
import { originOf, readInstances, schemeOf, textOrNull, weightOf } from '../instance.ts'
import type { Answer, Instance } from '../types.ts'

/** One answer from the keys below a prefix and what they hold; the keys name what is skipped. */
export function parseEntries(entries: ReadonlyMap<string, string>, { scheme }: EtcdQuery): Answer {
  return readInstances(
    [...entries],
    ([key]) => key,
    ([, value]) => parseValue(value, scheme)
  )
}

/**
 * The instance that a value describes: an object with `address` or `host`, what the endpoint manager of gRPC naming writes
 * (etcd.io/docs, "gRPC naming and discovery": `Addr` and `Metadata`), or `host:port` as text, with or without a scheme.
 * @throws Error that says what is wrong with it
 */
export function parseValue(value: string, fallback: Scheme): Instance {
  const text = value.trim()
  if (!text.startsWith('{')) return { origin: originOfText(text, fallback), weight: 1, zone: null, tags: [] }
  const entry = parseObject(text)
  if ('Addr' in entry) {
    const metadata = isObject(entry['Metadata']) ? entry['Metadata'] : {}
    return withAttributes(metadata, originOfText(textOrNull(entry['Addr']) ?? '', schemeOf(metadata['scheme'], fallback)))
  }
  return withAttributes(entry, originOf(schemeOf(entry['scheme'], fallback), entry['address'] ?? entry['host'], entry['port']))
}

function withAttributes(from: Readonly<Record<string, unknown>>, origin: string): Instance {
  const tags = Array.isArray(from['tags']) ? from['tags'].filter((tag) => typeof tag === 'string') : []
  return { origin, weight: weightOf(from['weight']), zone: textOrNull(from['zone']), tags }
}

function originOfText(text: string, fallback: Scheme): string {
  if (text.includes('://')) return originOfUrl(text)
  const [, host, port] = /^(\[[^\]]+\]|[^:[\]]+):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined) throw new Error(text === '' ? 'it has no address' : `expected host:port, got ${JSON.stringify(text.slice(0, 60))}`)
  return originOf(fallback, host, Number(port))
}

function originOfUrl(text: string): string {
  const url = URL.parse(text)
  const scheme = url?.protocol.slice(0, -1)
  if (url === null || (scheme !== 'http' && scheme !== 'https') || url.pathname !== '/' || url.search + url.hash + url.username !== '') {
    throw new Error(`expected http://host:port, got ${JSON.stringify(text.slice(0, 60))}`)
  }
  return originOf(scheme, url.hostname, url.port === '' ? defaultPort(scheme) : Number(url.port))
}

function defaultPort(scheme: Scheme): number {
  return scheme === 'https' ? 443 : 80
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    // What begins with a brace and is JSON is an object.
    return JSON.parse(text) as Readonly<Record<string, unknown>>
  } catch {
    throw new Error(`expected JSON, got ${JSON.stringify(text.slice(0, 60))}`)
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
