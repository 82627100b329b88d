import { BlockList, isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'

interface Block {
  readonly address: string
  readonly prefix: number
  readonly family: 'ipv4' | 'ipv6'
}

/** An entry of `allow`: an address or block, the name of a consumer, or neither. */
export function readAllowed(text: string): Block | string | null {
  const [address = '', prefixText, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0) return text.includes('/') ? null : text
  const bits = version === 4 ? 32 : 128
  if (rest.length > 0 || address.includes('%') || (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText))) return null
  const prefix = prefixText === undefined ? bits : Number(prefixText)
  return prefix > bits ? null : { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' }
}

/** Whether a request is not limited; null when nobody is let off. @throws TypeError for an entry that was not checked */
export function createAllowList(entries: readonly string[]): ((request: FastifyRequest) => boolean) | null {
  if (entries.length === 0) return null
  const blocks = new BlockList()
  const consumers = new Set<string>()
  for (const entry of entries) {
    const allowed = readAllowed(entry)
    if (allowed === null) throw new TypeError(`not an address, a CIDR block or a consumer: ${entry}`)
    if (typeof allowed === 'string') consumers.add(allowed)
    else blocks.addSubnet(allowed.address, allowed.prefix, allowed.family)
  }
  return ({ gateway }) => {
    if (gateway.consumer !== null && consumers.has(gateway.consumer.name)) return true
    const version = isIP(gateway.clientIp)
    // An IPv4-mapped address is found among those of IPv4 too.
    return version !== 0 && blocks.check(gateway.clientIp, version === 4 ? 'ipv4' : 'ipv6')
  }
}
