import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import http, { type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Teardown } from './gateway.ts'

export const UPGRADE =
  'GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

export interface UpgradeOrigin {
  readonly url: string
  readonly requests: readonly IncomingMessage[]
  readonly sockets: Set<Duplex>
}

/** The head of a 101 for the request. */
export function accept(request: IncomingMessage, more = ''): string {
  const key = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${key}\r\n${more}\r\n`
}

/** Closes its side when the other one does; reads and throws away what comes. */
export function endWithClient(socket: Duplex): void {
  socket.on('end', () => socket.end()).resume()
}

/** An upstream for upgrades: `onUpgrade` gets the bare socket and decides. */
export async function startUpgradeOrigin(
  t: Teardown,
  onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
): Promise<UpgradeOrigin> {
  const requests: IncomingMessage[] = []
  const sockets = new Set<Duplex>()
  const server = http.createServer((_request, response) => {
    response.end('plain')
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
  })
  server.on('upgrade', (request, socket, head) => {
    requests.push(request)
    onUpgrade(request, socket, head)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, sockets }
}
