import { once } from 'node:events'
import http, { type RequestListener } from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'
import type { Teardown } from './gateway.ts'

export interface Origin {
  readonly url: string
  readonly port: number
  /** Connections that are open now. */
  readonly connections: number
  /** Connections that were ever opened. */
  readonly accepted: number
  readonly server: net.Server
}

/** An upstream that speaks HTTP through Node, on a free port; closed with the test. */
export async function startOrigin(t: Teardown, listener: RequestListener): Promise<Origin> {
  const server = http.createServer({ keepAliveTimeout: 60_000 }, listener)
  return listen(t, server)
}

/** An upstream that writes what it likes: `onConnection` gets the bare socket. */
export async function startRawOrigin(t: Teardown, onConnection: (socket: Socket) => void): Promise<Origin> {
  return listen(t, net.createServer(onConnection))
}

/** An upstream that answers every request head with the same bytes, keeping the connection open. */
export async function startFixedOrigin(t: Teardown, answer: string | Buffer): Promise<Origin> {
  return startRawOrigin(t, (socket) => {
    let seen = ''
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      seen += chunk.toString('latin1')
      for (let end = seen.indexOf('\r\n\r\n'); end !== -1; end = seen.indexOf('\r\n\r\n')) {
        seen = seen.slice(end + 4)
        socket.write(answer)
      }
    })
  })
}

async function listen(t: Teardown, server: net.Server): Promise<Origin> {
  const sockets = new Set<Socket>()
  let accepted = 0
  server.on('connection', (socket: Socket) => {
    accepted++
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    server,
    get connections() {
      return sockets.size
    },
    get accepted() {
      return accepted
    }
  }
}

/** One request as the origin received it. */
export interface SeenRequest {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

/** An origin that remembers what it received, then answers by `listener` (200 without a body when there is none). */
export async function startRecordingOrigin(
  t: Teardown,
  listener: (request: SeenRequest, response: http.ServerResponse) => void = (_request, response) => {
    response.end()
  }
): Promise<Origin & { readonly seen: SeenRequest[] }> {
  const seen: SeenRequest[] = []
  const origin = await startOrigin(t, (request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => {
        const one = { method: request.method ?? '', url: request.url ?? '', rawHeaders: request.rawHeaders, body: Buffer.concat(chunks) }
        seen.push(one)
        listener(one, response)
      })
  })
  // `Object.assign` would read the counters once.
  return Object.defineProperty(origin, 'seen', { value: seen }) as Origin & { readonly seen: SeenRequest[] }
}
