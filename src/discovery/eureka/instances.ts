import type { EurekaQuery, Scheme } from '../../config/plan-discovery.ts'
import { originOf, readInstances, schemeOf, textOrNull, weightOf } from '../instance.ts'
import type { Answer, Instance } from '../types.ts'
import { mapOf, type EurekaRecord, type Json, type Registry } from './registry.ts'

/** The usable instances of one application: those that are UP. Names of applications are the same in any case. */
export function instancesOf(registry: Registry, query: EurekaQuery): Answer {
  const records = registry.get(query.app.toUpperCase())?.values() ?? []
  return readInstances(
    [...records],
    ({ id }) => id,
    (record) => readRecord(record, query)
  )
}

/** @throws Error that says why an instance that is UP cannot be used */
function readRecord({ status, fields }: EurekaRecord, query: EurekaQuery): Instance | null {
  if (status !== 'UP') return null
  const metadata = mapOf(fields['metadata'])
  const machine = mapOf(mapOf(fields['dataCenterInfo'])['metadata'])
  const scheme = schemeOf(metadata['scheme'], query.scheme)
  return {
    origin: originOf(scheme, textOrNull(fields['ipAddr']) ?? fields['hostName'], portOf(fields, scheme)),
    weight: weightOf(metadata['weight']),
    zone: textOrNull(metadata['zone']) ?? textOrNull(machine['availability-zone']),
    tags: (textOrNull(metadata['tags']) ?? '').split(',').flatMap((tag) => textOrNull(tag.trim()) ?? [])
  }
}

/** `{"$": 8080, "@enabled": "true"}`, the values as text or not; the secure port is off by default. @throws Error when the port is off */
function portOf(fields: Json, scheme: Scheme): unknown {
  const name = scheme === 'https' ? 'securePort' : 'port'
  const port = mapOf(fields[name])
  const enabled = port['@enabled'] ?? scheme === 'http'
  if (enabled !== true && enabled !== 'true') throw new Error(`its ${name} is not enabled`)
  return typeof port['$'] === 'string' ? Number(port['$']) : port['$']
}
