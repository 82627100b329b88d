import { isIPv6 } from 'node:net'

/**
 * `uri-host [":" port]` of RFC 9110 section 7.2: a name, an IPv4 or a bracketed IPv6 address. Narrower than RFC 3986 allows in a few places:
 * no percent-encoding and no empty label, because those who decode or repair a name would see another host than the router did, and
 * no comma, which looks like a list of hosts.
 */
const AUTHORITY = /^(?:[\w\-~!$&'()*+;=]+(?:\.[\w\-~!$&'()*+;=]+)*\.?|\[[0-9A-Fa-f:.]+\])(?::0*[0-9]{0,5})?$/

const OPENING_BRACKET = 91

/** The one that was found to be right last, and its host: nearly every request names the one that the request before it named. */
const latest = { authority: '', host: '' }

/** Whether a Host field or the authority of a target names one host, and a port that there is. */
export function isAuthority(text: string): boolean {
  if (text === latest.authority && text !== '') return true
  if (!AUTHORITY.test(text)) return false
  const isAddress = text.charCodeAt(0) === OPENING_BRACKET
  const end = isAddress ? text.indexOf(']') + 1 : text.indexOf(':')
  if (isAddress && !isIPv6(text.slice(1, end - 1))) return false
  if (end !== -1 && Number(text.slice(end + 1)) > 65_535) return false
  latest.host = hostOf(text)
  latest.authority = text
  return true
}

/** The host of an authority, lower case, without port or the dot of a fully qualified name. */
export function hostOf(authority: string): string {
  if (authority === latest.authority) return latest.host
  const colon = authority.charCodeAt(0) === OPENING_BRACKET ? authority.indexOf(':', authority.indexOf(']')) : authority.indexOf(':')
  let host = colon === -1 ? authority : authority.slice(0, colon)
  if (host.endsWith('.')) host = host.slice(0, -1)
  return host.toLowerCase()
}
