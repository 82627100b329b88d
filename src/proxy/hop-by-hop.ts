/**
 * Fields that belong to one connection (RFC 9110 section 7.6.1) or to the dialogue with this gateway, and are never passed on.
 * `expect` is answered here: the gateway sends 100 Continue itself when it starts to read the body.
 */
export const REQUEST_DROP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
  'http2-settings',
  'host'
])

export const RESPONSE_DROP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authentication-info',
  'te',
  'transfer-encoding',
  'upgrade'
])

/**
 * Whether a request's field may be one of `REQUEST_DROP`, or one that only the gateway or a trusted peer may set. False for nearly all others,
 * without a lower-case copy of the name.
 */
export function mayEndHere(name: string): boolean {
  const { length } = name
  switch (name.charCodeAt(0) | 0x20) {
    case 0x78: // x-forwarded-, x-real-ip, x-consumer-
      return true
    case 0x63: // connection
    case 0x6b: // keep-alive
      return length === 10
    case 0x65: // expect
      return length === 6
    case 0x66: // forwarded
      return length === 9
    case 0x68: // host, http2-settings
      return length === 4 || length === 14
    case 0x70: // proxy-connection, proxy-authenticate, proxy-authorization
      return length >= 16
    case 0x74: // te, trailer, transfer-encoding
      return length === 2 || length === 7 || length === 17
    case 0x75: // upgrade
      return length === 7
    default:
      return false
  }
}

/** The same of an answer's field, `RESPONSE_DROP` and Trailer. */
export function mayEndAtGateway(name: string): boolean {
  switch (name.length) {
    case 2:
    case 7:
    case 10:
    case 16:
    case 17:
    case 18:
    case 25:
      return true
    default:
      return false
  }
}

/** Fields by which proxies tell of the client; believed and passed on only from trusted peers. */
export function isForwardingField(lowerName: string): boolean {
  switch (lowerName.charCodeAt(0)) {
    case 0x78: // x
      return lowerName.startsWith('x-forwarded-') || lowerName === 'x-real-ip'
    case 0x66: // f
      return lowerName === 'forwarded'
    default:
      return false
  }
}

/** Fields by which the gateway tells endpoints who the caller is: never believed from anybody, and set only by the gateway. */
export function isConsumerField(lowerName: string): boolean {
  return lowerName.charCodeAt(0) === 0x78 && lowerName.startsWith('x-consumer-')
}

/** End-to-end fields that no Connection option may remove: to lose them would change what the message means. */
const NOT_NOMINABLE: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'authorization',
  'cookie',
  'set-cookie',
  'cache-control',
  'max-forwards'
])

/**
 * The field names that `Connection` nominates, lower case; null for the everyday `keep-alive`, `close` and `upgrade`, which costs
 * nothing.
 */
export function nominatedFields(connection: string): ReadonlySet<string> | null {
  const lower = connection.toLowerCase()
  if (lower === 'keep-alive' || lower === 'close' || lower === 'upgrade') return null
  const names = new Set<string>()
  for (const option of lower.split(',')) {
    const name = option.trim()
    if (name !== '' && !NOT_NOMINABLE.has(name)) names.add(name)
  }
  return names
}

export function mergeNames(a: ReadonlySet<string> | null, b: ReadonlySet<string> | null): ReadonlySet<string> | null {
  if (a === null) return b
  return b === null ? a : new Set([...a, ...b])
}
