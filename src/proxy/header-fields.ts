/**
 * Header fields as they stand in a message: name, value, name, value … in the order and letter case of the wire.
 * No object per field; lookups are linear, which beats a map for the 10 to 30 fields of a real message.
 */
export function fieldValue(fields: readonly string[], lowerName: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) return fields[i + 1]
  }
  return undefined
}

/** All values of a field, joined as RFC 9110 section 5.3 allows. */
export function joinedValue(fields: readonly string[], lowerName: string): string | undefined {
  let joined: string | undefined
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) {
      joined = joined === undefined ? (fields[i + 1] as string) : `${joined}, ${fields[i + 1] as string}`
    }
  }
  return joined
}

export function removeField(fields: string[], lowerName: string): void {
  let kept = 0
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) continue
    fields[kept++] = name
    fields[kept++] = fields[i + 1] as string
  }
  fields.length = kept
}

/** Replaces the first field of that name in place and drops the others; appends when there is none. */
export function setField(fields: string[], name: string, value: string): void {
  const lower = name.toLowerCase()
  for (let i = 0; i < fields.length; i += 2) {
    if ((fields[i] as string).length !== name.length || (fields[i] as string).toLowerCase() !== lower) continue
    const rest = fields.slice(i + 2)
    removeField(rest, lower)
    fields[i] = name
    fields[i + 1] = value
    fields.length = i + 2
    for (const text of rest) fields.push(text)
    return
  }
  fields.push(name, value)
}

/** A field-name of RFC 9110 section 5.1. */
export function isFieldName(name: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)
}

/** A field-value of RFC 9110 section 5.5 that can be written as latin1: no CR, LF, NUL or other control characters but tab. */
export function isFieldValue(value: string): boolean {
  return /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(value)
}

/** A line break in either would begin another field, or another message. @throws TypeError */
export function checkField(name: string, value: string): void {
  if (!isKnownName(name)) throw new TypeError(`not a header field name: ${JSON.stringify(name)}`)
  if (!isFieldValue(value)) throw new TypeError(`not a header field value for ${name}`)
}

/** Names of fields that were found to be good: those that plugins set are few, and the same for every request. */
const GOOD_NAMES = new Set<string>()
const MOST_GOOD_NAMES = 256

function isKnownName(name: string): boolean {
  if (GOOD_NAMES.has(name)) return true
  if (!isFieldName(name)) return false
  if (GOOD_NAMES.size < MOST_GOOD_NAMES) GOOD_NAMES.add(name)
  return true
}

/** The value of a cookie in a `Cookie` field (RFC 6265 section 4.2.1), or null. Quotes stay. */
export function cookieValue(field: string | undefined, name: string): string | null {
  if (field === undefined) return null
  for (const pair of field.split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return null
}
