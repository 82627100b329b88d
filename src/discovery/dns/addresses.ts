import type { DnsClient } from './client.ts'
import type { ResourceRecord } from './message.ts'
import { recordsOf, resolveRecords, smallestTtl } from './resolve.ts'

export interface Addresses {
  readonly addresses: readonly string[]
  /** How long they hold, or their absence. */
  readonly ttlSeconds: number
}

/**
 * The addresses of a name in both families. No records of one of them is fine, no answer for one of them is a failure of both.
 * @throws Error when a question has no answer
 */
export async function resolveAddresses(client: DnsClient, name: string, signal: AbortSignal): Promise<Addresses> {
  const both = await Promise.all([resolveRecords(client, { name, type: 'A' }, signal), resolveRecords(client, { name, type: 'AAAA' }, signal)])
  const present = both.filter(({ records }) => records.length > 0)
  // That a family is missing says little about those that are there.
  const telling = present.length > 0 ? present : both
  return {
    addresses: present.flatMap(({ records }) => records.flatMap(addressOf)),
    ttlSeconds: Math.min(...telling.map(({ ttlSeconds }) => ttlSeconds))
  }
}

/** The addresses of a name that an answer brings along unasked; null when it brings none. */
export function addressesAmong(additionals: readonly ResourceRecord[], name: string): Addresses | null {
  const records = [...recordsOf(additionals, name, 'A'), ...recordsOf(additionals, name, 'AAAA')]
  return records.length === 0 ? null : { addresses: [...new Set(records.flatMap(addressOf))], ttlSeconds: smallestTtl(records) }
}

function addressOf(record: ResourceRecord): readonly string[] {
  return record.type === 'A' || record.type === 'AAAA' ? [record.data] : []
}
