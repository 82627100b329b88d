import http from 'node:http'
import type { Http2SecureServer } from 'node:http2'
import https from 'node:https'
import type { Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { ListenerTlsPlan, Plan } from '../config/plan.ts'
import { createHttp2Server, limitSessions } from './http2-server.ts'
import { clientCertOptions, createTlsContexts, firstCertificate } from './tls-contexts.ts'
import { isWebSocket } from './upgrade-arrival.ts'

/** How often Node looks for clients that are too slow with their head; its default of 30 s would make a limit of 10 s meaningless. */
const SLOW_HEAD_CHECK_MS = 1_000

/** Bytes that wait for a client before no more of its answer is taken from the upstream: less than one read, where Node's own 64 KiB are up to three. */
const WRITE_AHEAD_BYTES = 16 * 1024

export type ListenerSettings = Pick<Plan, 'limits' | 'clientTimeouts'> & {
  /** Whether there is TLS cannot change while it listens; its certificates can. */
  readonly tls: ListenerTlsPlan | null
  /** Whether HTTP/2 is offered; only with TLS. Cannot change while it listens. */
  readonly http2: boolean
}

/** A server that does not listen yet. */
export interface ListeningServer {
  /** For both versions of HTTP where there are two: Node's secure server of HTTP/2 does for HTTP/1 what one of HTTP/1 does. */
  readonly server: http.Server
  /** The same object where HTTP/2 is offered. */
  readonly http2: Http2SecureServer | null
  /** Limits, certificates and demands for connections from now on. */
  configure(settings: ListenerSettings): void
}

/** @param isAnswering Whether an answer is still due on a connection */
export function createListeningServer(settings: ListenerSettings, isAnswering: (socket: Socket) => boolean): ListeningServer {
  const options = {
    connectionsCheckingInterval: SLOW_HEAD_CHECK_MS,
    requestTimeout: 0,
    requireHostHeader: false,
    // Most requests have no body: for them Node need not play the life of a stream, which took some seven of ten ticks of a request.
    optimizeEmptyRequests: true,
    highWaterMark: WRITE_AHEAD_BYTES,
    // Behind a pipelined request the socket is not free yet: the request is served as it is, which RFC 9110 section 7.8 allows.
    shouldUpgradeCallback: (request: http.IncomingMessage) => isWebSocket(request) && !isAnswering(request.socket)
  } as http.ServerOptions
  const { tls } = settings
  const listening = tls === null ? plainServer(options) : secureServer(options, tls, settings)
  listening.server.maxHeadersCount = 0
  limit(listening.server, settings)
  return listening
}

function plainServer(options: http.ServerOptions): ListeningServer {
  const server = http.createServer(options)
  return { server, http2: null, configure: (settings) => limit(server, settings) }
}

function secureServer(options: http.ServerOptions, tls: ListenerTlsPlan, settings: ListenerSettings): ListeningServer {
  let contexts = createTlsContexts(tls)
  const secure: TlsOptions = {
    ...clientCertOptions(tls),
    // The version is settled before the name is looked at: it has to stand here and not only in the contexts.
    ...firstCertificate(tls),
    SNICallback: (name, done) => done(null, contexts.forName(name)),
    handshakeTimeout: settings.clientTimeouts.headersMs
  }
  const http2 = settings.http2 ? createHttp2Server(options, secure, settings) : null
  const server = (http2 as unknown as http.Server | null) ?? https.createServer({ ...options, ...secure, ALPNProtocols: ['http/1.1'] })
  return {
    server,
    http2,
    configure(next) {
      limit(server, next)
      if (http2 !== null) limitSessions(http2, next)
      if (next.tls === null) return
      contexts = createTlsContexts(next.tls)
      ;(server as https.Server).setSecureContext(firstCertificate(next.tls))
      Object.assign(server, clientCertOptions(next.tls))
    }
  }
}

function limit(server: http.Server, { limits, clientTimeouts }: ListenerSettings): void {
  // Read by Node for each new connection.
  ;(server as http.Server & { maxHeaderSize?: number }).maxHeaderSize = limits.maxHeaderBytes
  server.headersTimeout = clientTimeouts.headersMs
  server.keepAliveTimeout = clientTimeouts.keepAliveMs
}
