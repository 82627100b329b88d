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
  const space = value.indexOf(' ')
  const scheme = space === -1 ? value : value.slice(0, space)
  if (scheme.length !== 6 || scheme.toLowerCase() !== 'bearer') return NONE
  return space === -1 ? MALFORMED : asToken(value.slice(space + 1).trim())
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

function fromCookie(header: string | undefined, name: string): FoundToken {
  if (header === undefined) return NONE
  for (const pair of header.split(';')) {
    const equals = pair.indexOf('=')
    if (equals !== -1 && pair.slice(0, equals).trim() === name) return asToken(pair.slice(equals + 1).trim())
  }
  return NONE
}

function fromQuery(query: string, name: string): FoundToken {
  if (!query.includes(name)) return NONE
  const values = new URLSearchParams(query).getAll(name)
  if (values.length > 1) return MALFORMED
  return values[0] === undefined ? NONE : asToken(values[0])
}

function asToken(text: string): FoundToken {
  return text === '' || text.includes(' ') ? MALFORMED : { kind: 'token', token: text }
}
