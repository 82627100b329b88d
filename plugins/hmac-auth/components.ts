import type { SignedMessage } from './message.ts'
import { serializeInnerList, serializeItem, type InnerList, type Item } from './structured-fields.ts'

/** Derived components of a request that have no parameters (RFC 9421 section 2.2). */
export const DERIVED: readonly string[] = ['@method', '@target-uri', '@authority', '@scheme', '@request-target', '@path', '@query']

const FIELD_NAME = /^[a-z0-9!#$%&'*+\-.^_`|~]+$/
// What a line of the signature base can hold; anything else could be read in two ways (RFC 9421 section 2.5).
const LINE = /^[\t\x20-\x7e]*$/

/**
 * Whether a covered component is one that this plugin knows: `@query-param` with its name, the derived ones, and fields, plain or `;bs`.
 * Not `;sf` and `;key`, which need the type of each field, nor `;tr` and `;req`, which are not of a request's head.
 */
export function isSupported({ value, parameters }: Item): boolean {
  if (value.kind !== 'string') return false
  if (value.value === '@query-param') return parameters.size === 1 && parameters.get('name')?.kind === 'string'
  if (value.value.startsWith('@')) return parameters.size === 0 && DERIVED.includes(value.value)
  const binary = parameters.get('bs')
  return FIELD_NAME.test(value.value) && (parameters.size === 0 || (parameters.size === 1 && binary?.kind === 'boolean' && binary.value))
}

/** The signature base (RFC 9421 section 2.5) of supported components; null when one is not in the message, or comes twice. */
export function signatureBase(message: SignedMessage, input: InnerList): string | null {
  const lines = new Map<string, string>()
  for (const component of input.items) {
    const identifier = serializeItem(component)
    const value = componentValue(message, component)
    if (value === null || !LINE.test(value) || lines.has(identifier)) return null
    lines.set(identifier, value)
  }
  lines.set('"@signature-params"', serializeInnerList(input))
  return [...lines].map(([identifier, value]) => `${identifier}: ${value}`).join('\n')
}

function componentValue(message: SignedMessage, { value, parameters }: Item): string | null {
  const { method, scheme, authority, path, query } = message
  const name = String(value.value)
  switch (name) {
    case '@method':
      return method
    case '@scheme':
      return scheme
    case '@authority':
      return authority
    case '@path':
      return path
    case '@query':
      return query === '' ? '?' : query
    case '@request-target':
      return path + query
    case '@target-uri':
      return `${scheme}://${authority}${path}${query}`
    case '@query-param':
      return queryParameter(query, String(parameters.get('name')?.value))
  }
  const values = message.lines(name)
  if (values.length === 0) return null
  if (!parameters.has('bs')) return values.join(', ')
  return values.map((line) => `:${Buffer.from(line, 'latin1').toString('base64')}:`).join(', ')
}

/** RFC 9421 section 2.2.8: name and value decoded as a form and encoded again; null when there is none of that name, or several. */
function queryParameter(query: string, name: string): string | null {
  const found = [...new URLSearchParams(query)].filter(([key]) => encodeForm(key) === name)
  const [only] = found
  // Bytes that are no UTF-8 all decode to one character: a signature must not be good for all of them.
  if (only === undefined || found.length > 1 || only.join('').includes('\ufffd')) return null
  return encodeForm(only[1])
}

/** The percent-encode set of application/x-www-form-urlencoded, and a space as `%20`. */
function encodeForm(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}
