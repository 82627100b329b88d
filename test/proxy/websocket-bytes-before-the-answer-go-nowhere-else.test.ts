import { once } from 'node:events'
import net from 'node:net'
import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { metric } from '../support/admin.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRawOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'
import { accept, endWithClient, startUpgradeOrigin, UPGRADE } from '../support/websocket.ts'

/** What a smuggler hides behind an upgrade (0ang3l/websocket-smuggle): a request that no plugin of the gateway sees. */
const HIDDEN = 'GET /internal HTTP/1.1\r\nHost: a\r\n\r\n'

const WRONG_VERSION = UPGRADE.replace('Version: 13', 'Version: 777')

for (const [name, answer] of [
  ['426', 'HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n'],
  ['200 on a connection that stays open', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
  ['200 with fields of a switch', 'HTTP/1.1 200 OK\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nok']
] as const) {
  t.test(`what follows an upgrade that the upstream answers with ${name} reaches nobody`, async (t) => {
    let received = ''
    const origin = await startRawOrigin(t, (socket) => {
      socket.on('error', () => {})
      socket.on('data', (chunk: Buffer) => {
        received += chunk.toString('latin1')
        if (received.endsWith('\r\n\r\n')) socket.write(answer)
      })
    })
    const gateway = await startGateway(t, passThrough(origin.url))
    const client = await RawConnection.open(t, gateway.port)
    client.write(`${WRONG_VERSION}\r\n${HIDDEN}`)
    const { status } = await client.response()
    t.equal(status, Number(name.slice(0, 3)))
    client.write(HIDDEN)
    t.equal(await client.rest(), '', 'one answer, and the end of the connection')
    t.notMatch(received, '/internal')
    t.equal(received.split('HTTP/1.1').length - 1, 1, 'one request')
    t.equal(gateway.log.filter((line) => line['msg'] === 'request').length, 1, 'the gateway has read one request')
    t.equal(await metric(gateway, 'sallyport_streams_active{kind="websocket"}'), 0)
  })
}

t.test("while an upgrade waits for its answer the client's bytes wait too, in the gateway up to a limit", async (t) => {
  let answer = (): void => {}
  let early = 0
  const origin = await startUpgradeOrigin(t, (request, socket) => {
    socket.on('data', (chunk: Buffer) => {
      early += chunk.length
    })
    answer = () => socket.write(accept(request))
  })
  const gateway = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, gateway.port)
  client.write(`${UPGRADE}\r\n${HIDDEN}`)
  await eventually(() => origin.requests.length === 1)
  const bulk = Buffer.alloc(16 * 1024 * 1024, 'x')
  client.write(bulk)
  // Another request of another client shows that everything that will happen has happened.
  await send(`${gateway.url}/plain`)
  t.equal(early, 0)
  t.ok(client.socket.writableLength > 0, 'the rest waits in the client')
  answer()
  t.equal((await client.response()).status, 101)
  await eventually(() => early === HIDDEN.length + bulk.length)
  client.destroy()
})

t.test('a connection whose upgrade was refused is closed although its client goes on', async (t) => {
  const origin = await startUpgradeOrigin(t, (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'))
  const gateway = await startGateway(t, passThrough(origin.url))
  const socket = net.connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true })
  t.teardown(() => socket.destroy())
  socket.on('error', () => {}).resume()
  socket.write(`${UPGRADE}\r\n`)
  await once(socket, 'end')
  const open = `sallyport_connections_open{listener="${gateway.gateway.plan.listeners[0]?.name}"}`
  t.equal(await metric(gateway, open), 1)
  // More than all buffers on the way hold.
  await new Promise((resolve) => socket.write(Buffer.alloc(32 * 1024 * 1024), resolve))
  t.ok(socket.writable, 'it is read away, or the answer could be lost with the reset of the connection')
  await eventually(async () => (await metric(gateway, open)) === 0)
})

t.test('bytes that come together with the request are the first ones of the tunnel', async (t) => {
  let received = ''
  const origin = await startUpgradeOrigin(t, (request, socket, head) => {
    received += head.toString()
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString()
    })
    socket.write(accept(request))
    endWithClient(socket)
  })
  const { port } = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, port)
  client.write(`${UPGRADE}\r\nearly`)
  t.equal((await client.response()).status, 101)
  client.write(' late')
  await eventually(() => received === 'early late')
  client.destroy()
})
