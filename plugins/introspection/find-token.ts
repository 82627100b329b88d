import type { FastifyRequest } from 'fastify'
import { fieldLines } from '../../src/plugin-api/index.ts'
import type { IntrospectionConfig } from './schema.ts'

/** `repeated`: one place has two; whichever is taken, the upstream may take the other. */
export type FoundToken = { readonly token: string } | 'missing' | 'malformed' | 'repeated'

type Source = IntrospectionConfig['from'][number]

/** Looks in the given places in their order; the first that has anything counts. */
export function createTokenFinder(sources: readonly Source[]): (request: FastifyRequest) => FoundToken {
  const finders = sources.map(finderOf)
  return (request) => {
    for (const find of finders) {
      const [value, ...others] = find(request)
      if (others.length > 0) return 'repeated'
      if (value !== undefined) return TOKEN.test(value) ? { token: value } : 'malformed'
    }
    return 'missing'
  }
}

// VSCHAR of RFC 6749 appendix A.12: the token is opaque, and never looked into.
const TOKEN = /^[\x21-\x7e]+$/

function finderOf(source: Source): (request: FastifyRequest) => readonly string[] {
  if (source === 'header') return ({ raw }) => fieldLines(raw.rawHeaders, 'authorization').flatMap(bearerOf)
  if ('query' in source) return ({ gateway }) => new URLSearchParams(gateway.query).getAll(source.query)
  return ({ raw }) => fieldLines(raw.rawHeaders, 'cookie').flatMap((line) => cookiesOf(line, source.cookie))
}

/** RFC 6750 section 2.1. Another scheme is no token, but counts when there are two fields. */
function bearerOf(line: string, _index: number, lines: readonly string[]): readonly string[] {
  if (lines.length > 1) return [line]
  const found = /^bearer(?: +(.*))?$/i.exec(line.trim())
  return found === null ? [] : [found[1] ?? '']
}

function cookiesOf(line: string, name: string): readonly string[] {
  return line.split(';').flatMap((pair) => {
    const equals = pair.indexOf('=')
    return equals !== -1 && pair.slice(0, equals).trim() === name ? [pair.slice(equals + 1).trim()] : []
  })
}
