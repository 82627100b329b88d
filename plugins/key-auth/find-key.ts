import type { FastifyRequest } from 'fastify'
import type { KeyAuthConfig } from './schema.ts'

/** The key as the bytes that were sent, or why there is none. */
export type FoundKey = Buffer | 'missing' | 'malformed' | 'repeated'

/** Looks in the field, then in the query: the first place that has a key counts, also when that key is wrong. */
export function createKeyFinder({ header, query }: Pick<KeyAuthConfig, 'header' | 'query'>): (request: FastifyRequest) => FoundKey {
  const lowerName = header.toLowerCase()
  return (request) => {
    const found = fromHeader(request.raw.rawHeaders, lowerName)
    return found === 'missing' && query !== undefined ? fromQuery(request.gateway.query, query) : found
  }
}

/** Reads the raw fields: elsewhere repeated ones are already joined, or only the first is left. */
function fromHeader(rawHeaders: readonly string[], lowerName: string): FoundKey {
  let value: string | undefined
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.length !== lowerName.length || name.toLowerCase() !== lowerName) continue
    // Whichever is taken, the upstream or a log may take the other.
    if (value !== undefined) return 'repeated'
    value = rawHeaders[index + 1] ?? ''
  }
  if (value === undefined) return 'missing'
  // Node hands over each byte of a field as one character.
  return value === '' ? 'malformed' : Buffer.from(value, 'latin1')
}

function fromQuery(query: string, parameter: string): FoundKey {
  // A percent sign may hide the parameter's name: `api%5Fkey` is `api_key`.
  if (!query.includes(parameter) && !query.includes('%')) return 'missing'
  const [value, another] = new URLSearchParams(query).getAll(parameter)
  if (value === undefined) return 'missing'
  if (another !== undefined) return 'repeated'
  return value === '' ? 'malformed' : Buffer.from(value)
}
