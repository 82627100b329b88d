import type http from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { AddressPlan } from '../config/plan.ts'
import type { ErrorCode } from '../errors.ts'
import type { Clock } from '../plugin-api/index.ts'
import type { Arrival } from './front-door.ts'
import { answerClientError, clientErrorCode } from './client-error.ts'
import { closeServer, type Connections, isUnsent } from './http1-connections.ts'
import { Http2Request } from './http2-request.ts'
import type { Http2Response } from './http2-response.ts'
import { Http2Sessions } from './http2-sessions.ts'
import { createListeningServer, type ListenerSettings } from './listening-server.ts'
import { Lingering, lingerAfterLastAnswer } from './linger.ts'
import { SlowClients, type SlowClientServices } from './slow-clients.ts'
import { awaitTurn, isDue, type Predecessors } from './turn-of-connect.ts'
import { upgradeArrival } from './upgrade-arrival.ts'

export interface ListenerServices extends SlowClientServices {
  readonly clock: Clock
  readonly onArrival: (arrival: Arrival) => void
  /** The rest of a request whose answer is still due is malformed. */
  readonly onBroken: (response: ServerResponse) => void
  /** Tells of a request that Node's parser refused; returns its new id. */
  readonly onRefused: (code: ErrorCode, listener: string) => string
  /** Whether a new connection may stay; it has been closed otherwise. */
  readonly admit: (socket: Socket) => boolean
}

/** @property reusePort Whether others may listen on the same address: the system deals new connections out among them. */
export interface ListenAddress extends AddressPlan {
  readonly reusePort?: boolean
}

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
export async function openListener(name: string, address: ListenAddress, settings: ListenerSettings, services: ListenerServices): Promise<Listener> {
  const connections: Connections = new Map()
  const predecessors: Predecessors = new WeakMap()
  const listening = createListeningServer(settings, (socket) => {
    const latest = connections.get(socket) ?? null
    return latest !== null && isDue(latest)
  })
  const { server, http2 } = listening
  const scheme = settings.tls === null ? 'http' : 'https'
  const slow = new SlowClients(connections, settings.clientTimeouts, services)
  const lingering = new Lingering(services.clock)
  let draining = false
  let closed: Promise<void> | null = null
  const sessions = http2 === null ? null : new Http2Sessions(http2, settings.clientTimeouts, () => void services.onRefused('SP_BAD_REQUEST', name))
  /** Below TLS: of a handshake that has not ended there is nothing else to close. */
  const sockets = new Set<Socket>()
  const track = (socket: Socket): void => {
    connections.set(socket, null)
    socket.once('close', () => connections.delete(socket))
    lingerAfterLastAnswer(socket, lingering, () => connections.get(socket)?.req)
    slow.onConnection()
  }
  server.on('connection', (socket: Socket) => {
    if (!services.admit(socket)) return
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    if (settings.tls === null) track(socket)
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol !== 'h2') track(socket)
  })
  // A handshake that failed has no request to answer.
  server.on('tlsClientError', (_error, socket: Socket) => socket.destroy())
  const arriveAsHttp1 = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void => {
    const earlier = connections.get(request.socket) ?? null
    if (earlier?.shouldKeepAlive === false) return ignore(request)
    if (earlier !== null && isDue(earlier)) predecessors.set(response, earlier)
    // Node loses bytes that come together with an upgrade that is ignored: whatever follows would be read from its middle on.
    if (draining || request.headers.upgrade !== undefined) response.shouldKeepAlive = false
    connections.set(request.socket, response)
    services.onArrival({ request, response, listener: name, scheme, expectsContinue, upgrade: null })
  }
  const arriveAsEither = (request: IncomingMessage | Http2Request, response: ServerResponse | Http2Response, expectsContinue: boolean): void => {
    if (!(request instanceof Http2Request)) return arriveAsHttp1(request, response as ServerResponse, expectsContinue)
    // The client has reset it in the same breath; nobody would hear of an answer.
    if (request.stream.destroyed) return
    slow.onStream(response as Http2Response)
    const [message, answer] = [request.asMessage(), (response as Http2Response).asResponse()]
    services.onArrival({ request: message, response: answer, listener: name, scheme, expectsContinue, upgrade: null })
  }
  const arrive = sessions === null ? arriveAsHttp1 : arriveAsEither
  server.on('request', (request, response) => arrive(request, response, false))
  server.on('checkContinue', (request, response) => arrive(request, response, true))
  // Any other expectation is ignored, as RFC 9110 section 10.1.1 allows.
  server.on('checkExpectation', (request, response) => arrive(request, response, false))
  const switchOver = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const hand = (): void => {
      const arrival = upgradeArrival(request, socket, head, { listener: name, scheme })
      connections.set(socket as Socket, arrival.response)
      services.onArrival(arrival)
    }
    const latest = connections.get(socket as Socket) ?? null
    if (latest !== null && (isDue(latest) || !latest.shouldKeepAlive)) awaitTurn(socket, latest, predecessors, hand)
    else hand()
  }
  server.on('upgrade', switchOver)
  // Refused like anything else; without a listener Node would close the connection in silence.
  server.on('connect', switchOver)
  server.on('clientError', (error, socket) => {
    if (lingering.has(socket as Socket)) return
    const running = connections.get(socket as Socket) ?? null
    const code = clientErrorCode(error)
    if (isUnsent(running) && code !== null && !isEarlyEnd(error)) {
      services.onBroken(running)
      return
    }
    // With an answer still due, the client has given up: its response closes with the socket.
    if (code === null || isUnsent(running)) socket.destroy()
    else {
      answerClientError(socket, code, services.onRefused(code, name))
      lingering.close(socket as Socket, null)
    }
  })
  await listen(server, address)
  const drain = (): void => {
    draining = true
    sessions?.drain()
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
      listening.configure(next)
      sessions?.configure(next.clientTimeouts)
      slow.configure(next.clientTimeouts)
    },
    drain,
    close() {
      if (closed !== null) return closed
      drain()
      closed = closeServer(server, connections)
      sessions?.close()
      return closed
    },
    destroy() {
      for (const socket of sockets) socket.destroy()
    }
  }
}

/** Behind an answer with `Connection: close` no request may be processed any more (RFC 9112 section 9.6); the connection ends with that answer. */
function ignore(request: IncomingMessage): void {
  request.resume()
}

/** The client closed in the middle of its body. */
function isEarlyEnd(error: NodeJS.ErrnoException): boolean {
  return error.code === 'HPE_INVALID_EOF_STATE'
}

function listen(server: http.Server, { host, port, reusePort = false }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, reusePort }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
