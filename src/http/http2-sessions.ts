import type { Http2SecureServer, ServerHttp2Session } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { bindSocket } from './http2-socket.ts'

/** How long a client may take to close its side of a connection that we have ended. */
const LINGER_MS = 2_000

export interface SessionTimeouts {
  readonly headersMs: number
  readonly keepAliveMs: number
}

/** The HTTP/2 connections of one listener: closes those that are idle, and all of them at its end without cutting an answer off. */
export class Http2Sessions {
  readonly #open = new Set<ServerHttp2Session>()
  #timeouts: SessionTimeouts
  #isDraining = false
  #isClosed = false

  /** @param onMalformed Told of each session that was ended for what its client sent. */
  constructor(server: Http2SecureServer, timeouts: SessionTimeouts, onMalformed: () => void) {
    this.#timeouts = timeouts
    let arriving: TLSSocket
    // Node's own listener makes a session of the socket in the same turn.
    server.prependListener('secureConnection', (socket: TLSSocket) => {
      arriving = socket
    })
    server.on('session', (session: ServerHttp2Session) => this.#keep(session, arriving))
    server.on('sessionError', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_HTTP2_ERROR') onMalformed()
    })
  }

  /** For sessions from now on. */
  configure(timeouts: SessionTimeouts): void {
    this.#timeouts = timeouts
  }

  /**
   * Ends each session with the streams that it has, and new ones with their first. GOAWAY tells which streams will be served; the client may send
   * the others again elsewhere (RFC 9113 section 6.8).
   */
  drain(): void {
    this.#isDraining = true
    for (const session of this.#open) session.close()
  }

  /** From now on there are no new ones either: those whose handshake is still going on end with it. */
  close(): void {
    this.drain()
    this.#isClosed = true
  }

  #keep(session: ServerHttp2Session, socket: TLSSocket): void {
    const { headersMs, keepAliveMs } = this.#timeouts
    let streams = 0
    bindSocket(session, socket)
    this.#open.add(session)
    session.once('close', () => this.#open.delete(session))
    const streamClosed = (): void => void streams--
    session.on('stream', (stream) => {
      streams++
      stream.once('close', streamClosed)
      if (this.#isDraining) session.close()
    })
    session.setTimeout(headersMs)
    session.once('stream', () => session.setTimeout(keepAliveMs))
    session.on('timeout', () => {
      // Node tells of each silence once; with streams open it is not the session's own.
      if (streams > 0) session.setTimeout(keepAliveMs)
      else session.destroy()
    })
    // A session that has ended waits for its client; one that never closes would stay for good.
    socket.once('finish', () => socket.setTimeout(LINGER_MS, () => socket.destroy()))
    if (this.#isClosed) session.close()
  }
}
