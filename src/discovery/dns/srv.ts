import { isIP } from 'node:net'
import type { SrvAnswer } from 'dns-packet'
import { MAX_WEIGHT } from '../instance.ts'
import { addressesAmong, type Addresses } from './addresses.ts'
import { canonicalName, isName } from './message.ts'
import type { Resolved } from './resolve.ts'

/** One address of one SRV record. */
export interface SrvEntry {
  readonly target: string
  readonly port: number
  readonly weight: number
  /** Null when its target has none. */
  readonly address: string | null
}

/** How many targets are asked for at a time. */
const TARGETS_AT_ONCE = 16

/**
 * The records that a client uses first, with the addresses of their targets; each address has the weight of its record.
 * Records of other priorities are for when none of these can be reached (RFC 2782), which DNS cannot tell.
 * @param resolve Asks for a target that the answer brings no address of.
 */
export async function srvEntries(
  { records, additionals, ttlSeconds }: Resolved,
  resolve: (target: string) => Promise<Addresses>
): Promise<{ readonly entries: readonly SrvEntry[]; readonly ttlSeconds: number }> {
  const best = bestOf(records.filter((record) => record.type === 'SRV'))
  const heaviest = Math.max(...best.map(({ data }) => data.weight ?? 0))
  const addresses = new Map<string, Addresses>()
  const targets = [...new Set(best.map(({ data }) => canonicalName(data.target)))]
  for (let from = 0; from < targets.length; from += TARGETS_AT_ONCE) {
    const some = targets.slice(from, from + TARGETS_AT_ONCE)
    const found = await Promise.all(some.map(async (target) => addressesNear(target, additionals) ?? resolve(target)))
    for (const [index, target] of some.entries()) addresses.set(target, found[index] as Addresses)
  }
  const entries = best.flatMap(({ data: { target, port, weight = 0 } }) => {
    const known = addresses.get(canonicalName(target))?.addresses ?? []
    // What is wrong with the record is wrong once, not with each address.
    const each = known.length === 0 || port === 0 ? [known[0] ?? null] : known
    return each.map((address) => ({ target, port, weight: scaled(weight, heaviest), address }))
  })
  return { entries, ttlSeconds: Math.min(ttlSeconds, ...[...addresses.values()].map(({ ttlSeconds }) => ttlSeconds)) }
}

function bestOf(records: readonly SrvAnswer[]): readonly SrvAnswer[] {
  // The root as target: the service is decidedly not available, RFC 2782.
  const offered = records.filter(({ data }) => canonicalName(data.target) !== '')
  const best = Math.min(...offered.map(({ data }) => data.priority ?? 0))
  return offered.filter(({ data }) => (data.priority ?? 0) === best)
}

/** What needs no question; null when only asking helps. */
function addressesNear(target: string, additionals: Resolved['additionals']): Addresses | null {
  if (isIP(target) !== 0) return { addresses: [target], ttlSeconds: Infinity }
  if (!isName(target)) return { addresses: [], ttlSeconds: Infinity }
  return addressesAmong(additionals, target)
}

/**
 * Weights of SRV go to 65535 and ours to 1000, so they are scaled when one is beyond that. 0 is a very small chance (RFC 2782) and not
 * none, which our 0 means.
 */
function scaled(weight: number, heaviest: number): number {
  const share = heaviest > MAX_WEIGHT ? Math.round((weight * MAX_WEIGHT) / heaviest) : weight
  return Math.max(1, share)
}
