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
