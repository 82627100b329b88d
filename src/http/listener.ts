import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import https from 'node:https'
import { Server as TcpServer, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { AddressPlan, ListenerTlsPlan, Plan } from '../config/plan.ts'
import type { ErrorCode } from '../errors.ts'
import type { Arrival } from './front-door.ts'
import { answerClientError, clientErrorCode } from './client-error.ts'
import { clientCertOptions, createTlsContexts, firstCertificate } from './tls-contexts.ts'

/** How often Node looks for clients that are too slow with their head; its default of 30 s would make a limit of 10 s meaningless. */
const SLOW_HEAD_CHECK_MS = 1_000

export interface ListenerServices {
  readonly onArrival: (arrival: Arrival) => void
  /** The rest of a request whose answer is still due is malformed. */
  readonly onBroken: (response: ServerResponse) => void
  /** Tells of a request that Node's parser refused; returns its new id. */
  readonly onRefused: (code: ErrorCode, listener: string) => string
  /** Whether a new connection may stay; it has been closed otherwise. */
  readonly admit: (socket: Socket) => boolean
}

export type ListenerSettings = Pick<Plan, 'limits' | 'clientTimeouts'> & {
  /** Whether there is TLS cannot change while it listens; its certificates can. */
  readonly tls: ListenerTlsPlan | null
}

/** Open connections with the answer to their latest request; null before the first one. */
type Connections = Map<Socket, ServerResponse | null>

/** A listening socket. It is shared by all generations and never restarted by a reload. */
export interface Listener {
  readonly name: string
  readonly port: number
  readonly connections: number
  /** Limits of connections that are opened from now on. */
  configure(settings: ListenerSettings): void
  /** From now on every answer is the last one of its connection; new connections are still taken. */
  drain(): void
  /** Accepts no new connections, lets running requests finish, and resolves when the last connection is gone. */
  close(): Promise<void>
  /** Ends every connection at once. */
  destroy(): void
}

/** @throws the system's error when the address cannot be listened on. */
export async function openListener(name: string, address: AddressPlan, settings: ListenerSettings, services: ListenerServices): Promise<Listener> {
  const listening = createServer(settings)
  const { server } = listening
  const scheme = settings.tls === null ? 'http' : 'https'
  const connections: Connections = new Map()
  let draining = false
  let closed: Promise<void> | null = null
  server.maxHeadersCount = 0
  configure(server, settings)
  /** Below TLS: of a handshake that has not ended there is nothing else to close. */
  const sockets = new Set<Socket>()
  const track = (socket: Socket): void => {
    connections.set(socket, null)
    socket.once('close', () => connections.delete(socket))
  }
  server.on('connection', (socket: Socket) => {
    if (!services.admit(socket)) return
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    if (settings.tls === null) track(socket)
  })
  server.on('secureConnection', track)
  // A handshake that failed has no request to answer.
  server.on('tlsClientError', (_error, socket: Socket) => socket.destroy())
  const arrive = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void => {
    if (draining) response.shouldKeepAlive = false
    connections.set(request.socket, response)
    services.onArrival({ request, response, listener: name, scheme, expectsContinue, upgrade: null })
  }
  server.on('request', (request, response) => arrive(request, response, false))
  server.on('checkContinue', (request, response) => arrive(request, response, true))
  // Any other expectation is ignored, as RFC 9110 section 10.1.1 allows.
  server.on('checkExpectation', (request, response) => arrive(request, response, false))
  const switchOver = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    services.onArrival(upgradeArrival(request, socket, head, { listener: name, scheme }))
  }
  server.on('upgrade', switchOver)
  // Refused like anything else; without a listener Node would close the connection in silence.
  server.on('connect', switchOver)
  server.on('clientError', (error, socket) => {
    const running = connections.get(socket as Socket) ?? null
    const code = clientErrorCode(error)
    if (isUnsent(running) && code !== null && !isEarlyEnd(error)) {
      services.onBroken(running)
      return
    }
    // With an answer still due, the client has given up: its response closes with the socket.
    if (code === null || isUnsent(running)) socket.destroy()
    else answerClientError(socket, code, services.onRefused(code, name))
  })
  await listen(server, address)
  const drain = (): void => {
    draining = true
    for (const response of connections.values()) if (response?.headersSent === false) response.shouldKeepAlive = false
  }
  return {
    name,
    get port() {
      return (server.address() as AddressInfo).port
    },
    get connections() {
      return sockets.size
    },
    configure(next) {
      configure(server, next)
      if (next.tls !== null) listening.configureTls(next.tls)
    },
    drain,
    close() {
      drain()
      return (closed ??= closeServer(server, connections))
    },
    destroy() {
      for (const socket of sockets) socket.destroy()
    }
  }
}

/** The client closed in the middle of its body. */
function isEarlyEnd(error: NodeJS.ErrnoException): boolean {
  return error.code === 'HPE_INVALID_EOF_STATE'
}

/** Other upgrades (h2c) are ignored and the request is served as it is, which RFC 9110 section 7.8 allows. */
function isWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket' && request.method === 'GET'
}

/** A response object over the bare socket, so that refusals and non-101 answers take the same way as all others. */
function upgradeArrival(request: IncomingMessage, socket: Duplex, head: Buffer, at: Pick<Arrival, 'listener' | 'scheme'>): Arrival {
  const response = new http.ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Socket)
  socket.on('error', () => socket.destroy())
  response.once('finish', () => {
    response.detachSocket(socket as Socket)
    socket.end()
    response.emit('close')
  })
  return { request, response, ...at, expectsContinue: false, upgrade: { socket, head } }
}

interface ListeningServer {
  readonly server: http.Server
  /** Certificates and demands for connections from now on. */
  configureTls(plan: ListenerTlsPlan): void
}

function createServer({ tls, clientTimeouts }: ListenerSettings): ListeningServer {
  const options = {
    connectionsCheckingInterval: SLOW_HEAD_CHECK_MS,
    requestTimeout: 0,
    requireHostHeader: false,
    shouldUpgradeCallback: isWebSocket
  } as http.ServerOptions
  if (tls === null) return { server: http.createServer(options), configureTls() {} }
  let contexts = createTlsContexts(tls)
  const server = https.createServer({
    ...options,
    ...clientCertOptions(tls),
    // The version is settled before the name is looked at: it has to stand here and not only in the contexts.
    ...firstCertificate(tls),
    SNICallback: (name, done) => done(null, contexts.forName(name)),
    handshakeTimeout: clientTimeouts.headersMs,
    ALPNProtocols: ['http/1.1']
  } as https.ServerOptions)
  return {
    server,
    configureTls(plan) {
      contexts = createTlsContexts(plan)
      server.setSecureContext(firstCertificate(plan))
      Object.assign(server, clientCertOptions(plan))
    }
  }
}

function configure(server: http.Server, settings: ListenerSettings): void {
  // Read by Node for each new connection.
  ;(server as http.Server & { maxHeaderSize?: number }).maxHeaderSize = settings.limits.maxHeaderBytes
  server.headersTimeout = settings.clientTimeouts.headersMs
  server.keepAliveTimeout = settings.clientTimeouts.keepAliveMs
}

function listen(server: http.Server, address: AddressPlan): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: address.host, port: address.port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Resolves when the last connection is gone. */
function closeServer(server: http.Server, connections: Connections): Promise<void> {
  return new Promise((resolve) => {
    // Not the method of http.Server: it begins by destroying connections whose last answer has been handed over but not yet sent.
    TcpServer.prototype.close.call(server, () => {
      // Now nothing is left to destroy; this ends Node's own checks of the server's connections.
      server.close(() => {})
      resolve()
    })
    closeWhenIdle(server, connections)
  })
}

/** Closes what is idle now, and later what was about to be kept alive when the end began. */
function closeWhenIdle(server: http.Server, connections: Connections): void {
  const watched = new WeakSet<ServerResponse>()
  let scheduled = false
  const watch = (response: ServerResponse): void => {
    if (watched.has(response)) return
    watched.add(response)
    response.once('close', schedule)
  }
  // A turn of the event loop later, once for all that end in this one; requests that have already arrived are read in between.
  const schedule = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(() =>
      setImmediate(() => {
        scheduled = false
        closeIdle()
      })
    )
  }
  const closeIdle = (): void => {
    let sending = false
    for (const [socket, response] of connections) {
      // Node takes a connection without any request for a slow one and would wait for it.
      if (response === null && socket.bytesRead === 0) socket.destroy()
      // Node would take it for idle and cut the answer off.
      if (response === null || !response.writableEnded || !isUnsent(response)) continue
      sending = true
      watch(response)
    }
    if (!sending) server.closeIdleConnections()
  }
  for (const response of connections.values()) if (isUnsent(response)) watch(response)
  schedule()
}

function isUnsent(response: ServerResponse | null): response is ServerResponse {
  return response !== null && !response.writableFinished && !response.destroyed
}
