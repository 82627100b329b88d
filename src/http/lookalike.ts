import { isConsumerField, isForwardingField, REQUEST_DROP } from '../proxy/hop-by-hop.ts'

/** Fields, besides those of the connection and of proxies, that the gateway sets or decides by and that have a hyphen in their name. */
const DECISIVE: ReadonlySet<string> = new Set([
  ...REQUEST_DROP,
  'content-length',
  'content-type',
  'content-encoding',
  'max-forwards',
  'x-request-id',
  'x-api-key',
  'access-control-request-method',
  'access-control-request-headers'
])

/** No name with fewer characters is one; most fields need not be searched for an underscore. */
export const SHORTEST_LOOKALIKE = 'x_real_ip'.length

/**
 * Whether a name with an underscore would become one of the gateway's own where `-` and `_` are the same, as in the variables of CGI
 * (RFC 3875 section 4.1.18) and what took after it: `X_Forwarded_For`, `Content_Length`.
 */
export function isLookalike(name: string): boolean {
  const hyphened = name.toLowerCase().replaceAll('_', '-')
  return DECISIVE.has(hyphened) || isForwardingField(hyphened) || isConsumerField(hyphened)
}
