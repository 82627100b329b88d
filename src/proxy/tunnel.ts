import { STATUS_CODES } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Exchange } from './exchange.ts'
import { clientHeaders } from './response-head.ts'

/**
 * Joins the client's and the upstream's sockets after the upstream's 101 (RFC 9110 section 7.8). From here on bytes pass untouched,
 * with back-pressure both ways; either end closing closes the other.
 * @param settle Called once when the tunnel is over.
 * @throws what a plugin's response edit throws, before anything was written.
 */
export function openTunnel(exchange: Exchange, status: number, headers: string[], upstream: Duplex, settle: () => void): void {
  const upgrade = exchange.upgrade
  if (upgrade === null || upgrade.socket.destroyed) {
    upstream.destroy()
    settle()
    return
  }
  const client = upgrade.socket
  const fields = clientHeaders(exchange, status, headers, false)
  let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nconnection: Upgrade\r\nupgrade: ${upgrade.token}\r\n`
  for (let i = 0; i < fields.length; i += 2) head += `${fields[i]}: ${fields[i + 1]}\r\n`
  exchange.decision.status = status
  exchange.response.detachSocket(client as never)
  exchange.tunnelled = true
  exchange.services.onTunnel(1)
  client.write(`${head}\r\n`, 'latin1')
  if (upgrade.head.length > 0) upstream.write(upgrade.head)
  joinSockets(client, upstream, (fromClient, fromUpstream) => {
    exchange.decision.requestBytes = fromClient
    exchange.decision.responseBytes = fromUpstream
    exchange.services.onTunnel(-1)
    settle()
    exchange.complete()
  })
}

function joinSockets(client: Duplex, upstream: Duplex, onEnd: (fromClient: number, fromUpstream: number) => void): void {
  let open = 2
  let fromClient = 0
  let fromUpstream = 0
  const closed = (): void => {
    if (--open === 0) onEnd(fromClient, fromUpstream)
  }
  client.on('data', (chunk: Buffer) => {
    fromClient += chunk.length
  })
  upstream.on('data', (chunk: Buffer) => {
    fromUpstream += chunk.length
  })
  // A reset of one side is an ordinary end of the other, never an uncaught error.
  client
    .on('error', () => upstream.destroy())
    .on('close', () => {
      upstream.destroy()
      closed()
    })
  upstream
    .on('error', () => client.destroy())
    .on('close', () => {
      endGently(client)
      closed()
    })
  client.on('end', () => {
    hurry(upstream)
  })
  upstream.on('end', () => {
    hurry(client)
  })
  client.pipe(upstream)
  upstream.pipe(client)
}

/** How long a side may stay silent after the other has said that it is done. */
const LINGER_MS = 2_000

/** A peer that never answers the end of its tunnel would hold both connections for good. Bytes that still flow count as life. */
function hurry(socket: Duplex): void {
  if (socket instanceof Socket)
    socket.setTimeout(LINGER_MS, () => {
      socket.destroy()
    })
}

/** What the upstream sent before it closed must still reach the client. */
function endGently(socket: Duplex): void {
  hurry(socket)
  if (socket.writableEnded) return
  socket.end()
}
