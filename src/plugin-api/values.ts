// What may stand in a field value, RFC 9110 section 5.5, without the control characters of Latin-1 and without tabs.
const UNSAFE = /[^\x20-\x7e\xa0-\xff]/
const EVERY_UNSAFE = /[^\x20-\x7e\xa0-\xff]/g

/**
 * A text that came from outside (a claim, a parameter) as a header field value that cannot end the field or the head:
 * whatever cannot stand in one becomes `?`. Not dropped, or `ad\rmin` would arrive as `admin`.
 */
export function fieldValue(text: string): string {
  return (UNSAFE.test(text) ? text.replace(EVERY_UNSAFE, '?') : text).trim()
}

/**
 * Every line of a field as the client sent it, in order; empty when it was not sent. `request.headers` keeps only the first line of some
 * fields, while an upstream may go by another. @param name in lower case
 */
export function fieldLines(rawHeaders: readonly string[], name: string): string[] {
  const lines: string[] = []
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const sent = rawHeaders[index] ?? ''
    if (sent.length === name.length && sent.toLowerCase() === name) lines.push(rawHeaders[index + 1] ?? '')
  }
  return lines
}

/**
 * The claim at a path such as `sub` or `realm_access.roles`; undefined when there is none. A claim whose own name holds
 * dots (`https://shop.example/tenant`) is found by its whole name first. Never looks at inherited properties.
 */
export function readClaim(claims: Readonly<Record<string, unknown>> | null, path: string): unknown {
  if (claims === null) return undefined
  if (Object.hasOwn(claims, path)) return claims[path]
  if (!path.includes('.')) return undefined
  let value: unknown = claims
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

/**
 * A claim as the value of one header field: a list is joined by `,` (a comma within an element becomes `?`, so that one
 * element cannot pass for two); undefined for null, objects and lists of them.
 */
export function claimFieldValue(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const parts = value.map((element) => scalarText(element))
    return parts.includes(undefined) ? undefined : fieldValue(parts.map((part) => part?.replaceAll(',', '?')).join(','))
  }
  const text = scalarText(value)
  return text === undefined ? undefined : fieldValue(text)
}

function scalarText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined
}
