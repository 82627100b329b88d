import type { FastifyRequest } from 'fastify'
import { fieldLines } from '../../src/plugin-api/index.ts'

/** A request as its sender wrote it, which is what it signed. */
export interface SignedMessage {
  readonly method: string
  readonly scheme: 'http' | 'https'
  /** Lower case, without the scheme's own port (RFC 9421 section 2.2.3). */
  readonly authority: string
  /** Percent-encoded as sent. */
  readonly path: string
  /** With its `?`; empty when there is none. */
  readonly query: string
  readonly hasBody: boolean
  /** All values of a field in their order, empty when it was not sent. @param name in lower case */
  lines(name: string): readonly string[]
}

/**
 * Null when what was sent and what the gateway decides by differ: a path that is not in its canonical spelling would go upstream as another
 * one than the router saw. A signature of the one must not let in the other.
 * @param scheme Of the client's URLs; null: that of the connection.
 */
export function readMessage(request: FastifyRequest, scheme: 'http' | 'https' | null): SignedMessage | null {
  const { gateway } = request
  const target = gateway.rawTarget
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  if (path !== gateway.path || gateway.authority === '') return null
  const seen = scheme ?? gateway.scheme
  return {
    method: request.method,
    scheme: seen,
    authority: normalizeAuthority(gateway.authority, seen),
    path,
    query: mark === -1 ? '' : target.slice(mark),
    hasBody: hasBody(request),
    lines: (name) => fieldLines(request.raw.rawHeaders, name).map((line) => line.trim())
  }
}

/** RFC 9112 section 6.3. */
export function hasBody({ headers }: FastifyRequest): boolean {
  if (headers['transfer-encoding'] !== undefined) return true
  return headers['content-length'] !== undefined && headers['content-length'] !== '0'
}

function normalizeAuthority(authority: string, scheme: 'http' | 'https'): string {
  return authority.toLowerCase().replace(scheme === 'https' ? /:443$/ : /:80$/, '')
}
