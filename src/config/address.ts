import { isIP } from 'node:net'
import type { AddressPlan } from './plan.ts'

export type Parse<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string; readonly hint?: string }

const ADDRESS = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d+)$/
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/i
const MAX_PORT = 65_535

/** `host:port`, `:port` (every interface), `[::1]:port`. Port 0 asks the system for a free one. */
export function parseAddress(text: string): Parse<AddressPlan> {
  const found = ADDRESS.exec(text)
  if (found === null) return bad('expected an address such as 0.0.0.0:8080 or [::1]:8080', addressHint(text))
  const [, ipv6, name, digits] = found
  const port = Number(digits)
  if (port > MAX_PORT) return bad(`the port must be at most ${MAX_PORT}`)
  if (ipv6 !== undefined) return isIP(ipv6) === 6 ? good({ host: ipv6, port }) : bad(`"${ipv6}" is not an IPv6 address`)
  const host = name === undefined || name === '' ? '0.0.0.0' : name
  if (!isHostName(host)) return bad(`"${host}" is neither an IP address nor a host name`)
  return good({ host, port })
}

/** `host:port`, with brackets around an IPv6 address. */
export function formatAddress({ host, port }: AddressPlan): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** An IP address or a CIDR block, as written. */
export function parseCidr(text: string): Parse<string> {
  const [address = '', bits, more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more !== undefined || address.includes('%')) return bad('expected an IP address or a CIDR block such as 10.0.0.0/8')
  if (bits === undefined) return good(text)
  const most = version === 4 ? 32 : 128
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > most) return bad(`the prefix length of an IPv${version} block is 0 to ${most}`)
  return good(text)
}

/** The origin of an endpoint's url: `http://host:port`, the default port left out. */
export function parseEndpoint(text: string): Parse<string> {
  const url = URL.parse(text)
  if (url === null || !text.includes('://')) {
    const looksLikeHost = /^[\w.-]+(:\d+)?$/.test(text)
    return bad('expected a url such as http://orders:3000', looksLikeHost ? `write http://${text}` : undefined)
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return bad('the url of an endpoint starts with http: or https:')
  if (url.username !== '' || url.password !== '') return bad('the url of an endpoint has no user name or password')
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(text)) return bad('the url of an endpoint has no query or fragment')
  if (url.pathname !== '/') return bad('the url of an endpoint has no path', `use ${url.origin} and rewrite.replacePrefix in the route`)
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname
  if (isIP(host) === 0 && !isHostName(host)) return bad(`"${host}" is neither an IP address nor a host name`)
  if (url.port === '0') return bad('the port must be 1 to 65535')
  return good(url.origin)
}

function isHostName(text: string): boolean {
  // Digits and dots alone are a mistyped IPv4 address, never a name.
  return /^[\d.]+$/.test(text) ? isIP(text) === 4 : HOST_NAME.test(text)
}

function addressHint(text: string): string | undefined {
  if (/^\d+$/.test(text)) return `write ":${text}"`
  if (isIP(text) === 6 || /^[0-9a-f:]*::[0-9a-f:]*$/i.test(text)) return 'put an IPv6 address in brackets'
  return text.includes('://') ? 'leave out the scheme' : undefined
}

function good<T>(value: T): Parse<T> {
  return { ok: true, value }
}

function bad(reason: string, hint?: string): { readonly ok: false; readonly reason: string; readonly hint?: string } {
  return { ok: false, reason, ...(hint === undefined ? {} : { hint }) }
}
