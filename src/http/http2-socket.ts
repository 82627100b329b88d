import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { TLSSocket } from 'node:tls'

const SOCKET = Symbol('sallyport.socket')

type WithSocket = ServerHttp2Session & { [SOCKET]?: TLSSocket }

/**
 * Notes the connection of a session. Node gives out a stand-in for it, another one for each stream, which throws once the session is over:
 * what is remembered of a connection would be lost.
 */
export function bindSocket(session: ServerHttp2Session, socket: TLSSocket): void {
  ;(session as WithSocket)[SOCKET] = socket
}

/** The connection of a stream; undefined once its session is over: such a stream is not served any more. */
export function socketOf(stream: ServerHttp2Stream): TLSSocket {
  const session = stream.session as WithSocket | undefined
  return session?.[SOCKET] as TLSSocket
}
