import type { FastifyRequest } from 'fastify'
import type { JwtConfig } from './schema.ts'

export type FoundToken =
  | { readonly kind: 'none' }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'malformed' }
  /** More than one Authorization field: whichever is taken, the upstream may take the other. */
  | { readonly kind: 'repeated' }

type Source = JwtConfig['from'][number]
type Finder = (request: FastifyRequest) => FoundToken

const NONE: FoundToken = { kind: 'none' }
const MALFORMED: FoundToken = { kind: 'malformed' }
const REPEATED: FoundToken = { kind: 'repeated' }
const AUTHORIZATION = 'authorization'
const BEARER = 'bearer'

/** Looks in the given places in their order. */
export function createTokenFinder(sources: readonly Source[]): Finder {
  const finders = sources.map(finderOf)
  const [only] = finders
  if (only !== undefined && finders.length === 1) return only
  return (request) => {
    for (const find of finders) {
      const found = find(request)
      if (found.kind !== 'none') return found
    }
    return NONE
  }
}

function finderOf(source: Source): Finder {
  if (source === 'header') return (request) => fromHeader(request.headers.authorization, request.raw.rawHeaders)
  if ('cookie' in source) return (request) => fromCookie(request.headers.cookie, source.cookie)
  return (request) => fromQuery(request.gateway.query, source.query)
}

/** RFC 6750 section 2.1. Another scheme is no token; Node keeps the first of several fields, so the raw ones are counted. */
function fromHeader(value: string | undefined, rawHeaders: readonly string[]): FoundToken {
  if (value === undefined) return NONE
  if (isRepeated(rawHeaders)) return REPEATED
  if (value.length < BEARER.length || value.slice(0, BEARER.length).toLowerCase() !== BEARER) return NONE
  const next = value.charAt(BEARER.length)
  if (next === ' ') return asToken(value.slice(BEARER.length).trim())
  // Another scheme whose name begins alike; a tab or a comma would end the name for some readers.
  return isNameCharacter(next) ? NONE : MALFORMED
}

/** Of a token as RFC 9110 section 5.6.2 means the word. */
function isNameCharacter(character: string): boolean {
  return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]$/.test(character)
}

function isRepeated(rawHeaders: readonly string[]): boolean {
  let count = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    // The length first: it spares the lower-casing of nearly every other field.
    if (name.length === AUTHORIZATION.length && name.toLowerCase() === AUTHORIZATION && ++count > 1) return true
  }
  return false
}

/** Two of one name are no token: readers differ in which of them they take (RFC 6265 section 4.2.2). */
function fromCookie(header: string | undefined, name: string): FoundToken {
  if (header === undefined) return NONE
  let found: string | null = null
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals === -1 || pair.slice(0, equals).trim() !== name) continue
    if (found !== null) return MALFORMED
    found = pair.slice(equals + 1).trim()
  }
  return found === null ? NONE : asToken(found)
}

/** Names are compared as a reader of forms decodes them: a token under `%74oken` is one under `token`, and both together are two. */
function fromQuery(query: string, name: string): FoundToken {
  if (!query.includes(name) && !query.includes('%')) return NONE
  const values = new URLSearchParams(query).getAll(name)
  if (values.length > 1) return MALFORMED
  return values[0] === undefined ? NONE : asToken(values[0])
}

function asToken(text: string): FoundToken {
  return text === '' || text.includes(' ') ? MALFORMED : { kind: 'token', token: text }
}
