// The upstream of every contestant, on two ports: answers of several sizes, slow ones, and echoes over WebSockets.
import { createHash } from 'node:crypto'
import http, { type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { ANSWERS } from '../cases/answers.ts'

/** The origin shares a core with the driver where there are two: what it saves, the contestant can be asked for. A short text leaves together with its head. */
const ONE_WRITE_BYTES = 16 * 1024

interface Known {
  readonly head: readonly string[]
  readonly body: Buffer | string
}

const bodies = new Map<string, Known>(
  Object.entries(ANSWERS).map(([name, { type, body }]) => [
    name,
    { head: headOf(type, body), body: body.length <= ONE_WRITE_BYTES ? body.toString('latin1') : body }
  ])
)

function headOf(type: string, body: Buffer): readonly string[] {
  return ['content-type', type, 'content-length', String(body.length)]
}

/** The last segment of the path says what is wanted. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const [path = ''] = (request.url ?? '').split('?')
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (name === 'seen') return tell(request, response)
  const known = bodies.get(name)
  if (request.method === 'POST') {
    // Only when all of it is here.
    request.resume().on('end', () => send(response, known))
    return
  }
  const delay = Number(/^slow-(\d+)$/.exec(name)?.[1] ?? 0)
  if (delay > 0) setTimeout(() => send(response, bodies.get('small')), delay)
  else send(response, known)
}

function send(response: ServerResponse, known: Known | undefined): void {
  if (known === undefined) response.writeHead(404, ['content-length', '0']).end()
  else response.writeHead(200, known.head as string[]).end(known.body, 'latin1')
}

/** What came here, so that it can be compared with what was sent. */
function tell(request: IncomingMessage, response: ServerResponse): void {
  const hash = createHash('sha256')
  const end = (): void => {
    const seen = Buffer.from(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, sha256: hash.digest('hex') }))
    response.writeHead(200, headOf('application/json', seen) as string[]).end(seen)
  }
  // Without a body there is no stream.
  if (request.readableEnded) end()
  else request.on('data', (piece: Buffer) => hash.update(piece)).on('end', end)
}

/** Echoes whole frames of less than 126 bytes, without their mask. */
function echo(request: IncomingMessage, socket: Socket): void {
  const key = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`)
  socket.setNoDelay(true)
  let seen: Buffer = Buffer.alloc(0)
  socket.on('error', () => socket.destroy())
  socket.on('end', () => socket.end())
  socket.on('data', (bytes: Buffer) => {
    seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes])
    for (;;) {
      const length = (seen[1] ?? 0) & 0x7f
      if (seen.length < 6 + length) return
      const payload = seen.subarray(6, 6 + length).map((byte, i) => byte ^ (seen[2 + (i % 4)] ?? 0))
      socket.write(Buffer.concat([Buffer.from([seen[0] ?? 0, length]), payload]))
      seen = seen.subarray(6 + length)
    }
  })
}

const servers = [0, 1].map(() => {
  const server = http.createServer({ keepAliveTimeout: 600_000, requestTimeout: 0, optimizeEmptyRequests: true }, answer)
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => echo(request, socket))
  return server
})
const listening = servers.map(
  (server) =>
    new Promise<number>((resolve) => {
      server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () => resolve((server.address() as AddressInfo).port))
    })
)
process.send?.({ ports: await Promise.all(listening) })
process.on('disconnect', () => process.exit(0))
