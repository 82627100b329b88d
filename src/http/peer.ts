import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import type { Peer } from '../proxy/exchange.ts'

/** Tells whether an address may speak for others. */
export type TrustCheck = (address: string) => boolean

const nobody: TrustCheck = () => false

/** @param blocks CIDR blocks and single addresses that the schema has already accepted. */
export function createTrustCheck(blocks: readonly string[]): TrustCheck {
  if (blocks.length === 0) return nobody
  const list = new BlockList()
  for (const block of blocks) {
    const [address, bits] = block.split('/') as [string, string | undefined]
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return (address) => {
    const version = isIP(address)
    return version !== 0 && list.check(address, version === 6 ? 'ipv6' : 'ipv4')
  }
}

/** IPv4 in IPv6 clothes (`::ffff:192.0.2.1`), as dual-stack sockets report it, is IPv4. */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address
}

const PEER = Symbol('sallyport.peer')

interface KnownPeer {
  readonly peer: Peer
  readonly trusts: TrustCheck
}

/** Looked up once per connection; again when a reload has changed who is trusted. */
export function peerOf(request: IncomingMessage, trusts: TrustCheck): Peer {
  const socket = request.socket as IncomingMessage['socket'] & { [PEER]?: KnownPeer }
  const known = socket[PEER]
  if (known !== undefined && known.trusts === trusts) return known.peer
  const address = plainAddress(socket.remoteAddress ?? '')
  const peer = { address, trusted: trusts(address), localPort: socket.localPort ?? 0 }
  socket[PEER] = { peer, trusts }
  return peer
}

/**
 * The client behind trusted proxies: walking `X-Forwarded-For` from the right, the first address that is not itself trusted.
 * What an untrusted peer says of others is never looked at.
 */
export function clientAddress(peer: Peer, forwardedFor: string | undefined, trusts: TrustCheck): string {
  if (!peer.trusted || forwardedFor === undefined) return peer.address
  const hops = forwardedFor.split(',')
  let client = peer.address
  for (let i = hops.length - 1; i >= 0; i--) {
    const hop = hopAddress((hops[i] as string).trim())
    if (hop === null) return client
    client = hop
    if (!trusts(hop)) return hop
  }
  return client
}

/** Some proxies add a port; anything but an address ends the chain. */
function hopAddress(text: string): string | null {
  if (isIP(text) !== 0) return plainAddress(text)
  const found = /^\[([0-9A-Fa-f:.]+)\](?::\d+)?$/.exec(text) ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text)
  return found !== null && isIP(found[1] as string) !== 0 ? plainAddress(found[1] as string) : null
}
