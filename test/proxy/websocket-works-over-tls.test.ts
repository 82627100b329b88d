import { once } from 'node:events'
import tls from 'node:tls'
import t from 'tap'
import { startTls, tlsDocument } from '../http/tls-kit.ts'
import { createAuthority } from '../support/authority.ts'
import { RawConnection } from '../support/raw-client.ts'
import { BINARY, CLOSE, closeOf, closePayload, frame, MASK, readFrame, TEXT } from '../support/websocket-frames.ts'
import { accept, startUpgradeOrigin, UPGRADE } from '../support/websocket.ts'

t.test('a WebSocket over a TLS listener carries frames both ways and is told of the end', async (t) => {
  const authority = createAuthority(t)
  let upstream: RawConnection | null = null
  const origin = await startUpgradeOrigin(t, (request, socket) => {
    upstream = new RawConnection(socket as never)
    socket.write(accept(request))
  })
  const gateway = await startTls(t, tlsDocument(origin.url, [authority.issue('localhost', ['localhost'])]))
  const socket = tls.connect({ port: gateway.port, host: '127.0.0.1', servername: 'localhost', ca: authority.cert, ALPNProtocols: ['http/1.1'] })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  const client = new RawConnection(socket)
  client.write(`${UPGRADE}\r\n`)
  t.equal((await client.response()).status, 101)
  t.equal(origin.requests[0]?.headers['x-forwarded-proto'], 'https')
  const server = upstream as unknown as RawConnection

  const large = Buffer.alloc(1024 * 1024, 'x')
  client.write(frame(TEXT, 'up', { mask: MASK }))
  server.write(frame(BINARY, large))
  t.equal((await readFrame(server)).payload.toString(), 'up')
  t.ok((await readFrame(client)).payload.equals(large))

  const stopped = gateway.gateway.close()
  t.equal(closeOf(await readFrame(client)).code, 1001)
  t.equal(closeOf(await readFrame(server)).code, 1001)
  client.write(frame(CLOSE, closePayload(1001), { mask: MASK }))
  server.write(frame(CLOSE, closePayload(1001)))
  await Promise.all([client.closed(), server.closed()])
  socket.end()
  server.socket.end()
  t.equal(await stopped, 0)
})
