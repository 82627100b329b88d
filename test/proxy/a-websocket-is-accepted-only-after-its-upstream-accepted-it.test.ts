import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import t from 'tap'
import { eventually } from '../support/client.ts'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { field, fieldsOf, RawConnection } from '../support/raw-client.ts'
import { accept, startUpgradeOrigin, UPGRADE } from '../support/websocket.ts'

t.test('a default proxy answers 101 before the upstream did', async (t) => {
  const origin = await startUpgradeOrigin(t, () => {})
  const client = await RawConnection.open(t, (await startDefaultProxy(t, origin.url, { websocket: true })).port)
  client.write(`${UPGRADE}\r\n`)
  t.equal((await client.response()).status, 101)
})

t.test('the gateway waits for the upstream, and passes its 101 on', async (t) => {
  const waiting: [IncomingMessage, Duplex][] = []
  const origin = await startUpgradeOrigin(t, (request, socket) => {
    waiting.push([request, socket])
  })
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
  client.write(`${UPGRADE}Sec-WebSocket-Protocol: a, b\r\n\r\n`)
  await eventually(() => waiting.length === 1)
  await new Promise((resolve) => setImmediate(resolve))
  t.equal(client.pending, 0)
  const [request, socket] = waiting[0] as [IncomingMessage, Duplex]
  socket.write(accept(request, 'Sec-WebSocket-Protocol: b\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nKeep-Alive: timeout=1\r\n') + 'early')
  const response = await client.response()
  t.equal(response.status, 101)
  t.equal(field(response.fields, 'sec-websocket-accept'), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=')
  t.equal(field(response.fields, 'sec-websocket-protocol'), 'b')
  t.equal(field(response.fields, 'upgrade'), 'websocket')
  t.same(fieldsOf(response.fields, 'set-cookie'), ['a=1', 'b=2'])
  t.equal(field(response.fields, 'keep-alive'), undefined)
  t.equal((await client.bytes(5)).toString(), 'early', 'bytes that came together with the 101')
})
