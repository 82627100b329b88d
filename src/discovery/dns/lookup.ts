import type { DnsQuery } from '../../config/plan-discovery.ts'
import { originOf, readInstances } from '../instance.ts'
import type { Answer } from '../types.ts'
import { resolveAddresses } from './addresses.ts'
import type { DnsClient } from './client.ts'
import { resolveRecords } from './resolve.ts'
import { srvEntries } from './srv.ts'

export interface Found {
  readonly answer: Answer
  /** How long the answer holds. */
  readonly ttlSeconds: number
}

/**
 * Asks for everything that a query needs. No name and no records is an answer without instances.
 * @throws Error when any of the questions has no answer
 */
export async function lookUp(client: DnsClient, query: DnsQuery, signal: AbortSignal): Promise<Found> {
  return query.type === 'srv' ? lookUpSrv(client, query, signal) : lookUpAddresses(client, query, signal)
}

async function lookUpAddresses(client: DnsClient, { name, port, scheme }: DnsQuery, signal: AbortSignal): Promise<Found> {
  const { addresses, ttlSeconds } = await resolveAddresses(client, name, signal)
  const answer = readInstances(
    addresses,
    (address) => address,
    (address) => ({ origin: originOf(scheme, address, port), weight: 1, zone: null, tags: [] })
  )
  return { answer, ttlSeconds }
}

async function lookUpSrv(client: DnsClient, { name, scheme }: DnsQuery, signal: AbortSignal): Promise<Found> {
  const resolved = await resolveRecords(client, { name, type: 'SRV' }, signal)
  const { entries, ttlSeconds } = await srvEntries(resolved, (target) => resolveAddresses(client, target, signal))
  const told = new Set<string>()
  const answer = readInstances(
    entries,
    ({ target, port }) => `${target}:${port}`,
    ({ address, port, weight }) => {
      if (address === null) throw new Error('its target has no address')
      const origin = originOf(scheme, address, port)
      // Two names for one address are one instance.
      if (told.has(origin)) return null
      told.add(origin)
      return { origin, weight, zone: null, tags: [] }
    }
  )
  return { answer, ttlSeconds }
}
