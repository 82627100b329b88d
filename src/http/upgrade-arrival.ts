import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Arrival } from './front-door.ts'

/** How long a client whose upgrade was refused may be silent before its side of the connection is closed too. */
const LINGER_MS = 2_000

/** Other upgrades (h2c) are ignored and the request is served as it is, which RFC 9110 section 7.8 allows. */
export function isWebSocket(request: IncomingMessage): boolean {
  return request.headers.upgrade?.toLowerCase() === 'websocket' && request.method === 'GET'
}

/** A response object over the bare socket, so that refusals and non-101 answers take the same way as all others. */
export function upgradeArrival(request: IncomingMessage, socket: Duplex, head: Buffer, at: Pick<Arrival, 'listener' | 'scheme'>): Arrival {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  response.assignSocket(socket as Socket)
  socket.on('error', () => socket.destroy())
  response.once('finish', () => {
    response.detachSocket(socket as Socket)
    socket.end()
    // Bytes of a client that goes on talking are thrown away; one that never closes its side would hold the connection.
    ;(socket as Socket).setTimeout(LINGER_MS, () => socket.destroy())
    response.emit('close')
  })
  return { request, response, ...at, expectsContinue: false, upgrade: { socket, head } }
}
