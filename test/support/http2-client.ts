import { once } from 'node:events'
import http2, { type ClientHttp2Session, type ClientHttp2Stream, type OutgoingHttpHeaders } from 'node:http2'
import type { Teardown } from './gateway.ts'

export interface Http2Answer {
  readonly status: number
  readonly headers: http2.IncomingHttpHeaders
  /** Name, value, name, value … as they came. */
  readonly rawHeaders: readonly string[]
  readonly trailers: http2.IncomingHttpHeaders | null
  readonly text: string
  /** Statuses of the interim answers before it. */
  readonly interim: readonly http2.IncomingHttpHeaders[]
  /** Code by which the stream was closed; 0 for a clean end. */
  readonly code: number
  /** Whether the whole answer came: its stream ended and was not reset. */
  readonly ended: boolean
}

/** A session with a gateway, from Node's own client. */
export function connectHttp2(t: Teardown, port: number, options: http2.SecureClientSessionOptions = {}): ClientHttp2Session {
  const session = http2.connect(`https://localhost:${port}`, { rejectUnauthorized: false, ...options })
  session.on('error', () => {})
  t.teardown(() => session.destroy())
  return session
}

/** One request; resolves when its stream is closed, however it ends. */
export async function fetchHttp2(session: ClientHttp2Session, headers: OutgoingHttpHeaders = {}, body?: string | Buffer): Promise<Http2Answer> {
  const stream = session.request({ ':path': '/', ...headers }, { endStream: body === undefined })
  if (body !== undefined) stream.end(body)
  return answerOf(stream)
}

export async function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  const interim: http2.IncomingHttpHeaders[] = []
  const chunks: Buffer[] = []
  let head: http2.IncomingHttpHeaders = {}
  let rawHeaders: readonly string[] = []
  let trailers: http2.IncomingHttpHeaders | null = null
  let ended = false
  let aborted = false
  stream
    .on('headers', (fields: http2.IncomingHttpHeaders) => interim.push(fields))
    .on('response', (fields: http2.IncomingHttpHeaders, _flags: number, raw?: readonly string[]) => {
      head = fields
      rawHeaders = raw ?? []
    })
    .on('trailers', (fields: http2.IncomingHttpHeaders) => {
      trailers = fields
    })
    .on('data', (chunk: Buffer) => chunks.push(chunk))
    .on('end', () => {
      ended = true
    })
    .on('aborted', () => {
      aborted = true
    })
    .on('error', () => {})
  if (!stream.closed || !stream.destroyed) await once(stream, 'close').catch(() => {})
  return {
    status: Number(head[':status'] ?? 0),
    headers: head,
    rawHeaders,
    trailers,
    text: Buffer.concat(chunks).toString(),
    interim,
    code: stream.rstCode ?? 0,
    ended: ended && !aborted && stream.rstCode === 0
  }
}
