import type { ConsulQuery } from '../../config/plan-discovery.ts'
import { originOf, readInstances, schemeOf, textOrNull, weightOf } from '../instance.ts'
import type { Answer, Instance } from '../types.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * The usable instances of an answer of `/v1/health/service/:name`.
 * @throws Error when the answer is no list
 */
export function parseHealth(body: unknown, query: ConsulQuery): Answer {
  if (!Array.isArray(body)) throw new Error('expected a list of instances')
  return readInstances(body as readonly unknown[], nameOf, (entry) => readEntry(entry, query))
}

function nameOf(entry: unknown): string {
  const service = mapOf(mapOf(entry)['Service'])
  return textOrNull(service['ID']) ?? `an entry on node ${textOrNull(mapOf(mapOf(entry)['Node'])['Node']) ?? '?'}`
}

function readEntry(entry: unknown, query: ConsulQuery): Instance | null {
  const node = mapOf(mapOf(entry)['Node'])
  const service = mapOf(mapOf(entry)['Service'])
  const tags = listOfTexts(service['Tags'])
  if (!query.tags.every((tag) => tags.includes(tag))) return null
  const health = worst(mapOf(entry)['Checks'])
  if (health === 'critical' || (health === 'warning' && !query.includeWarning)) return null
  const meta = mapOf(service['Meta'])
  // An empty address of the service stands for that of its node (Consul, "agent/service/register").
  const host = textOrNull(service['Address']) ?? node['Address']
  return {
    origin: originOf(schemeOf(meta['scheme'], query.scheme), host, service['Port']),
    weight: weightOf(meta['weight'], weightOf(mapOf(service['Weights'])[health === 'warning' ? 'Warning' : 'Passing'])),
    zone: textOrNull(meta['zone']) ?? textOrNull(mapOf(node['Meta'])['zone']),
    tags
  }
}

/** Of the checks of the service and of its node; maintenance is a critical check. */
function worst(checks: unknown): 'passing' | 'warning' | 'critical' {
  const states = Array.isArray(checks) ? checks.map((check) => mapOf(check)['Status']) : []
  if (states.some((state) => state !== 'passing' && state !== 'warning')) return 'critical'
  return states.includes('warning') ? 'warning' : 'passing'
}

function mapOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

function listOfTexts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
