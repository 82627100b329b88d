import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { inFlight, metric } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { RawConnection } from '../support/raw-client.ts'
import { accept, endWithClient, startUpgradeOrigin, UPGRADE } from '../support/websocket.ts'

for (const [name, leave] of [
  ['closes', (client: RawConnection) => client.socket.end()],
  ['resets', (client: RawConnection) => client.socket.resetAndDestroy()]
] as const) {
  t.test(`when a client ${name} its connection before the 101 its upstream is let go at once`, async (t) => {
    const origin = await startUpgradeOrigin(t, (_request, socket) => endWithClient(socket))
    const gateway = await startGateway(t, passThrough(origin.url))
    const client = await RawConnection.open(t, gateway.port)
    client.write(`${UPGRADE}\r\n`)
    await eventually(() => origin.requests.length === 1)
    leave(client)
    await eventually(() => origin.sockets.size === 0)
    await eventually(() => gateway.log.some((line) => line['msg'] === 'request'))
    t.match(
      gateway.log.find((line) => line['msg'] === 'request'),
      { status: 499, outcome: 'client-abort' }
    )
    t.equal(await inFlight(gateway, 'origin'), 0)
    t.equal(await metric(gateway, 'sallyport_streams_active{kind="websocket"}'), 0)
  })
}

t.test('a 101 has to come within timeouts.response, like any answer', async (t) => {
  const origin = await startUpgradeOrigin(t, (_request, socket) => endWithClient(socket))
  const gateway = await startGateway(t, passThrough(origin.url).replace('response: 5s', 'response: 500ms'))
  const client = await RawConnection.open(t, gateway.port)
  client.write(`${UPGRADE}\r\n`)
  const { status, body } = await client.response()
  t.equal(status, 504)
  t.equal(JSON.parse(body.toString()).code, 'SP_UPSTREAM_TIMEOUT')
  await eventually(() => origin.sockets.size === 0)
})

t.test('and within timeouts.total, after which no limit of an answer counts any more', async (t) => {
  const clock = new FakeClock()
  let late = false
  const origin = await startUpgradeOrigin(t, (request, socket) => {
    endWithClient(socket)
    if (!late) socket.write(accept(request))
  })
  const document = passThrough(origin.url).replace('connect: 1s', 'total: 3s, perTry: 2s, connect: 1s')
  const gateway = await startGateway(t, document, { clock })
  const open = await RawConnection.open(t, gateway.port)
  open.write(`${UPGRADE}\r\n`)
  t.equal((await open.response()).status, 101)
  late = true
  const waiting = await RawConnection.open(t, gateway.port)
  waiting.write(`${UPGRADE}\r\n`)
  await eventually(() => origin.requests.length === 2)
  clock.advance(3_000)
  t.equal((await waiting.response()).status, 504)
  clock.advance(60_000)
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(open.isClosed)
  open.destroy()
})
