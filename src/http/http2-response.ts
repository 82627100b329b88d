import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { constants, Http2ServerResponse, type ServerHttp2Stream } from 'node:http2'
import type { ClientResponse } from '../proxy/client-response.ts'
import { removeField } from '../proxy/header-fields.ts'
import { flatFields, pushFields } from './http2-fields.ts'
import type { Http2Request } from './http2-request.ts'

type Chunk = string | Uint8Array
type Headers = OutgoingHttpHeaders | readonly string[]

/** The answer on one stream of HTTP/2, with what the rest of the gateway uses of an answer of HTTP/1, and as that behaves. */
export class Http2Response extends Http2ServerResponse<Http2Request> {
  // Own properties, which take the place of the accessors of Node's class.
  override destroyed = false
  /** Whether the whole answer has left; Node's own is also true of one that was broken off. */
  override writableFinished = false
  /** The end of an answer is never the end of the connection. */
  shouldKeepAlive = true
  #hasContent = true
  #awaitsTrailers = false

  constructor(stream: ServerHttp2Stream) {
    super(stream)
    // Before Node's own listener, which tells ours.
    stream.prependListener('close', this.#onStreamClose)
  }

  asResponse(): ClientResponse {
    return this as unknown as ServerResponse
  }

  /** Without a reason phrase, and in any of the shapes that Node takes. Does nothing for a stream that is closed. */
  override writeHead(status: number, reason?: string | Headers, headers?: Headers): this {
    const { stream } = this
    if (stream.destroyed || stream.closed) return this
    // RFC 9110 section 15 knows no status above 599; Node would throw.
    this.statusCode = status > 599 ? 502 : status
    const given = typeof reason === 'object' ? reason : headers
    this.#hasContent = this.req.method !== 'HEAD' && status !== 204 && status !== 205 && status !== 304
    const fields = [':status', String(this.statusCode)]
    pushFields(fields, Array.isArray(given) ? given : flatFields({ ...this.getHeaders(), ...(given as OutgoingHttpHeaders | undefined) }))
    // An answer whose length does not agree with its frames is malformed (RFC 9113 section 8.1.1).
    if (status === 204 || status === 205) removeField(fields, 'content-length')
    // As with chunked coding: an answer of a known length is not followed by anything.
    const waitForTrailers = this.#hasContent && !fields.includes('content-length')
    this.#awaitsTrailers = waitForTrailers
    stream.respond(fields, { endStream: !this.#hasContent, waitForTrailers })
    if (waitForTrailers) stream.once('wantTrailers', this.#onTrailersSent)
    return this
  }

  override write(chunk: Chunk, encoding?: unknown, callback?: unknown): boolean {
    if (!this.headersSent) this.writeHead(this.statusCode)
    // An empty DATA frame would say nothing.
    if (!this.#hasContent || chunk.length === 0) return true
    return super.write(chunk, encoding as BufferEncoding, callback as () => void)
  }

  override end(chunk?: unknown, encoding?: unknown, callback?: unknown): this {
    if (!this.headersSent) this.writeHead(this.statusCode)
    if (!this.#hasContent) super.end()
    else super.end(chunk as Chunk, encoding as BufferEncoding, callback as () => void)
    if (!this.#awaitsTrailers) this.#stopUpload()
    return this
  }

  /** The answer is broken off: its stream ends with an error, and the connection stays (RFC 9113 section 8.1). */
  override destroy(): this {
    // Not `close`, which sends what looks like the answer's end before the error: Node ends the frames first.
    this.stream.destroy(new Error('the answer is broken off'))
    return this
  }

  /** @param trailers Pairs of name and value, as HTTP/1 takes them. */
  override addTrailers(trailers: OutgoingHttpHeaders | readonly (readonly [string, string])[]): void {
    const fields: string[] = []
    pushFields(fields, Array.isArray(trailers) ? trailers.flat() : flatFields(trailers as OutgoingHttpHeaders))
    const joined: Record<string, string> = {}
    for (let i = 0; i < fields.length; i += 2) {
      const [name, value] = [fields[i] as string, fields[i + 1] as string]
      joined[name] = joined[name] === undefined ? value : `${joined[name]}, ${value}`
    }
    super.addTrailers(joined)
  }

  override writeContinue(): void {
    this.writeInterim(100, [])
  }

  writeInterim(status: number, fields: readonly string[]): void {
    const { stream } = this
    if (stream.destroyed || stream.closed || stream.headersSent) return
    const checked: string[] = []
    pushFields(checked, fields)
    const headers: Record<string, string | number | string[]> = { ':status': status }
    for (let i = 0; i < checked.length; i += 2) ((headers[checked[i] as string] ??= []) as string[]).push(checked[i + 1] as string)
    stream.additionalHeaders(headers)
  }

  /** What is still to come of the request is not wanted any more (RFC 9113 section 8.1); nothing else would bound it. */
  #stopUpload(): void {
    if (!this.req.complete) this.stream.close(constants.NGHTTP2_NO_ERROR)
  }

  /** Node sends the trailers a turn of the event loop later. */
  readonly #onTrailersSent = (): void => {
    setImmediate(() => this.#stopUpload())
  }

  readonly #onStreamClose = (): void => {
    const { stream } = this
    this.destroyed = true
    // Not what Node says of the stream's end, which may come after this. Whoever is cut off resets the stream with a code.
    this.writableFinished = this.writableEnded && !stream.aborted && stream.rstCode === constants.NGHTTP2_NO_ERROR
    // Node forgets to tell of an answer to HEAD that was not ended before its stream was.
    if (this.req.method === 'HEAD' && !this.writableEnded) this.emit('close')
  }
}
