import { BlockList, SocketAddress, isIP, isIPv4 } from 'node:net'

export type Block = { readonly address: string; readonly prefix: number; readonly family: 'ipv4' | 'ipv6' }

const MAPPED_DOTTED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i
const MAPPED_PREFIX = 96

/** `10.0.0.0/8`, `2001:db8::/32` or a single address; null when it is neither. */
export function parseBlock(text: string): Block | null {
  const [address = '', prefixText, ...rest] = text.split('/')
  const version = isIP(address)
  if (version === 0 || rest.length > 0 || address.includes('%')) return null
  if (prefixText !== undefined && !/^\d{1,3}$/.test(prefixText)) return null
  const bits = version === 4 ? 32 : 128
  const prefix = prefixText === undefined ? bits : Number(prefixText)
  if (prefix > bits) return null
  if (version === 4) return { address, prefix, family: 'ipv4' }
  const mapped = prefix >= MAPPED_PREFIX ? unmapped(address) : null
  return mapped === null ? { address, prefix, family: 'ipv6' } : { address: mapped, prefix: prefix - MAPPED_PREFIX, family: 'ipv4' }
}

/** The IPv4 address in `::ffff:192.0.2.7`, in any of its spellings; null for other addresses. */
function unmapped(address: string): string | null {
  const canonical = new SocketAddress({ address, family: 'ipv6' }).address
  return MAPPED_DOTTED.exec(canonical)?.[1] ?? null
}

export type Decision = 'allowed' | 'denied'

export interface IpFilter {
  decide(clientIp: string): Decision
}

/** Denial wins; an empty `allow` allows everybody; what is no address (a unix socket, say) is denied. */
export function createIpFilter(allow: readonly string[], deny: readonly string[]): IpFilter {
  const allowed = blockList(allow)
  const denied = blockList(deny)
  const open = allow.length === 0
  return {
    decide(clientIp) {
      const zone = clientIp.indexOf('%')
      const bare = zone === -1 ? clientIp : clientIp.slice(0, zone)
      // A dual-stack socket reports IPv4 clients as ::ffff:a.b.c.d; rules are kept as IPv4.
      const address = bare.includes(':') ? unmappedFast(bare) : bare
      const version = isIP(address)
      if (version === 0) return 'denied'
      const family = version === 4 ? 'ipv4' : 'ipv6'
      if (denied.check(address, family)) return 'denied'
      return open || allowed.check(address, family) ? 'allowed' : 'denied'
    }
  }
}

// Only an address that starts with a zero group can be mapped: the costly spelling check is left out for the rest.
function unmappedFast(address: string): string {
  const dotted = MAPPED_DOTTED.exec(address)?.[1]
  if (dotted !== undefined && isIPv4(dotted)) return dotted
  if (isIP(address) !== 6 || !(address.startsWith('::') || address.startsWith('0'))) return address
  return unmapped(address) ?? address
}

function blockList(texts: readonly string[]): BlockList {
  const list = new BlockList()
  for (const text of texts) {
    const block = parseBlock(text)
    if (block === null) throw new TypeError(`not an address or CIDR block: ${text}`)
    list.addSubnet(block.address, block.prefix, block.family)
  }
  return list
}
