import type { FastifyRequest } from 'fastify'
import type { GatewayRequest } from '../../src/plugin-api/index.ts'

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

/** The request line's own target, where the gateway tells it; `originalUrl` has the canonical path. */
type WithRawTarget = GatewayRequest & { readonly rawTarget?: string }

/**
 * Null when what was sent and what the gateway decides by differ: a path that is not in its canonical spelling, a target with an authority
 * of its own, another host. A signature of the one must not let in the other.
 * @param scheme Of the client's URLs; null: that of the connection.
 */
export function readMessage(request: FastifyRequest, scheme: 'http' | 'https' | null): SignedMessage | null {
  const gateway: WithRawTarget = request.gateway
  const target = gateway.rawTarget ?? request.originalUrl
  const mark = target.indexOf('?')
  const path = mark === -1 ? target : target.slice(0, mark)
  const lines = (name: string) => linesOf(request.raw.rawHeaders, name)
  const [host, ...others] = lines('host')
  if (path !== gateway.path || host === undefined || others.length > 0 || hostOf(host) !== gateway.host) return null
  const seen = scheme ?? gateway.scheme
  return {
    method: request.method,
    scheme: seen,
    authority: normalizeAuthority(host, seen),
    path,
    query: mark === -1 ? '' : target.slice(mark),
    hasBody: hasBody(request),
    lines
  }
}

/** RFC 9112 section 6.3. */
export function hasBody({ headers }: FastifyRequest): boolean {
  if (headers['transfer-encoding'] !== undefined) return true
  return headers['content-length'] !== undefined && headers['content-length'] !== '0'
}

function linesOf(raw: readonly string[], name: string): string[] {
  const values: string[] = []
  for (let index = 0; index < raw.length; index += 2) {
    const sent = raw[index] ?? ''
    if (sent.length === name.length && sent.toLowerCase() === name) values.push((raw[index + 1] ?? '').trim())
  }
  return values
}

function hostOf(authority: string): string {
  return authority.replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase()
}

function normalizeAuthority(authority: string, scheme: 'http' | 'https'): string {
  return authority.toLowerCase().replace(scheme === 'https' ? /:443$/ : /:80$/, '')
}
