import type { ZookeeperQuery } from '../../config/plan-discovery.ts'
import { originOf, readInstances, schemeOf, textOrNull, weightOf } from '../instance.ts'
import type { Answer, Instance } from '../types.ts'
import type { Nodes } from './service-reader.ts'

type Json = Readonly<Record<string, unknown>>

/** One answer from a service's nodes; their names tell what is skipped. */
export function parseNodes(nodes: Nodes, query: ZookeeperQuery): Answer {
  return readInstances(
    [...nodes],
    ([name]) => name,
    ([, node]) => {
      if (node instanceof Error) throw node
      return parseInstance(node, query)
    }
  )
}

/**
 * The instance that Curator's `JsonInstanceSerializer` writes (curator.apache.org, "Service Discovery"); null when it is not to be used.
 * What Curator has no field for is in the payload, or in the metadata of Spring Cloud's, `ZookeeperInstance`.
 * @throws Error that says what is wrong with it
 */
function parseInstance(text: string, query: ZookeeperQuery): Instance | null {
  const entry = parseObject(text)
  if (entry['enabled'] === false) return null
  const payload = objectOrNull(entry['payload'])
  const more = objectOrNull(payload?.['metadata']) ?? payload ?? {}
  // Spring Cloud's `ServiceRegistry.setStatus`.
  const status = textOrNull(more['instance_status'])
  if (status !== null && status.toUpperCase() !== 'UP') return null
  const scheme = schemeOf(more['scheme'], query.scheme)
  const port = (scheme === 'https' ? entry['sslPort'] : null) ?? entry['port']
  return {
    origin: originOf(scheme, entry['address'], port),
    weight: weightOf(more['weight']),
    zone: textOrNull(more['zone']),
    tags: tagsOf(more['tags'])
  }
}

/** Metadata of Spring Cloud is text alone. */
function tagsOf(value: unknown): readonly string[] {
  const tags: readonly unknown[] = typeof value === 'string' ? value.split(',').map((tag) => tag.trim()) : Array.isArray(value) ? value : []
  return tags.filter((tag) => typeof tag === 'string' && tag !== '') as readonly string[]
}

function parseObject(text: string): Json {
  const found = objectOrNull(parseOrNull(text))
  if (found === null) throw new Error(`expected a service instance as JSON, got ${JSON.stringify(text.slice(0, 60))}`)
  return found
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function objectOrNull(value: unknown): Json | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null
}
