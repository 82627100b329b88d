import type { IncomingMessage } from 'node:http'
import { Http2ServerRequest, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { ReadableOptions } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { isConnectionField } from './http2-fields.ts'
import { socketOf } from './http2-socket.ts'
import { isLookalike, SHORTEST_LOOKALIKE } from './lookalike.ts'
import { isAuthority } from './authority.ts'

/**
 * A request of HTTP/2 as everything behind the front door reads it, which is as one of HTTP/1: pseudo fields are method, target and Host, crumbs
 * of cookies are one field (RFC 9113 section 8.2.3), and a body without a length is announced as chunked. What is wrong with it is told by
 * `fault`, so that its fields are gone through once.
 */
export class Http2Request extends Http2ServerRequest {
  // Own properties, which take the place of the accessors of Node's class.
  override method: string
  override url: string
  override readonly headers: IncomingHttpHeaders
  override readonly rawHeaders: string[]
  override readonly socket: TLSSocket
  /** Whether the whole body has come. Node's own means that nothing more will come, which is also true of a request that was broken off. */
  override complete: boolean
  /** What Node and nghttp2 let through but nobody may route; null when there is nothing. */
  readonly fault: string | null
  /** Of its head, counted as HTTP/1 would write it. */
  readonly headBytes: number

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, options: ReadableOptions, rawHeaders: readonly string[]) {
    super(stream, headers, options, rawHeaders)
    const head = readHead(rawHeaders)
    this.method = head.method
    this.url = head.path
    this.headers = http1Headers(headers, head.authority, !stream.endAfterHeaders)
    this.rawHeaders = head.fields
    this.socket = socketOf(stream)
    this.complete = stream.endAfterHeaders
    this.fault = head.fault
    this.headBytes = head.bytes
  }

  asMessage(): IncomingMessage {
    return this as unknown as IncomingMessage
  }

  /**
   * Node ends the message of a stream that was reset as if all of it had come, and so would whoever sends the body on. As with HTTP/1, such a
   * message never ends; it is closed.
   */
  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk === null) {
      const { stream } = this
      if (stream.aborted || stream.rstCode !== 0) {
        if (this.listenerCount('error') > 0) this.destroy(new Error('aborted'))
        return false
      }
      this.complete = true
    }
    return super.push(chunk, encoding)
  }

  /** Node's asserts that the stream is open, which it need not be any more when the rest of a body is thrown away. */
  override _read(size: number): void {
    if (!this.stream.destroyed) super._read(size)
  }

  /** As HTTP/1 has it: the listener stays, and can be taken off. */
  override ['setTimeout'](ms: number, listener?: () => void): this {
    if (listener !== undefined) this.on('timeout', listener)
    super.setTimeout(ms)
    return this
  }
}

interface Head {
  readonly method: string
  readonly path: string
  readonly authority: string
  /** Name, value, name, value …, the Host field first. */
  readonly fields: string[]
  readonly bytes: number
  readonly fault: string | null
}

function readHead(raw: readonly string[]): Head {
  const pseudo: Record<string, string | undefined> = {}
  const fields = ['host', '']
  let fault: string | null = null
  let host: string | null = null
  let cookieAt = -1
  let authorizations = 0
  let bytes = 0
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string
    const value = raw[i + 1] as string
    // Of HTTP/1: colon, space and the end of the line.
    bytes += name.length + value.length + 4
    if (name.startsWith(':')) {
      pseudo[name] = value
      continue
    }
    if (name === 'cookie') {
      if (cookieAt !== -1) {
        fields[cookieAt] = `${fields[cookieAt] as string}; ${value}`
        continue
      }
      cookieAt = fields.length + 1
    } else if (name === 'host') {
      if (host !== null) fault ??= 'more than one Host field'
      host = value
      continue
    } else if (name === 'authorization') {
      if (++authorizations > 1) fault ??= 'more than one Authorization field'
    } else if (isConnectionField(name, value)) fault ??= `the field ${name} belongs to a connection of HTTP/1`
    else if (name.length >= SHORTEST_LOOKALIKE && name.includes('_') && isLookalike(name))
      fault ??= `the field ${name} would be one of the gateway's own with hyphens`
    fields.push(name, value)
  }
  const authority = pseudo[':authority'] ?? host ?? ''
  fields[1] = authority
  const method = pseudo[':method'] ?? ''
  const path = pseudo[':path'] ?? ''
  return { method, path, authority, fields, bytes, fault: fault ?? pseudoFault(method, path, pseudo, host) }
}

/** RFC 9113 section 8.3.1, as far as nghttp2 has not looked at it. */
function pseudoFault(method: string, path: string, pseudo: Readonly<Record<string, string | undefined>>, host: string | null): string | null {
  const authority = pseudo[':authority'] ?? null
  if (authority === null && host === null) return 'neither :authority nor Host is there'
  if (authority !== null && !isAuthority(authority)) return ':authority is not a host'
  if (host !== null && !isAuthority(host)) return 'the Host field is not a host'
  if (authority !== null && host !== null && authority.toLowerCase() !== host.toLowerCase()) return ':authority and Host are not the same'
  // nghttp2 looks at the path of these two only.
  if (pseudo[':scheme'] !== 'https' && pseudo[':scheme'] !== 'http') return ':scheme is neither http nor https'
  // An absolute URL would bring another authority.
  if (!path.startsWith('/') && !(path === '*' && method === 'OPTIONS')) return ':path is not a path'
  return null
}

/** Node's object with the pseudo fields taken out; a CONNECT request looks like any other then, and is refused like one. */
function http1Headers(headers: IncomingHttpHeaders, authority: string, hasBody: boolean): IncomingHttpHeaders {
  for (const name in headers) if (name.startsWith(':')) delete headers[name]
  headers.host = authority
  if (hasBody && headers['content-length'] === undefined) headers['transfer-encoding'] = 'chunked'
  return headers
}
