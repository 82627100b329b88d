import t from 'tap'
import { eventually } from '../support/client.ts'
import { inFlight } from '../support/admin.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { field, RawConnection } from '../support/raw-client.ts'
import { startUpgradeOrigin, UPGRADE } from '../support/websocket.ts'

t.test('an upstream that refuses an upgrade is relayed with status, fields and body', async (t) => {
  const origin = await startUpgradeOrigin(t, (_request, socket) => {
    socket.end('HTTP/1.1 403 Nope\r\nContent-Length: 10\r\nX-Why: rules\r\n\r\nmembers me')
  })
  const gateway = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, gateway.port)
  client.write(`${UPGRADE}\r\n`)
  const response = await client.response()
  t.equal(response.status, 403)
  t.equal(response.reason, 'Nope')
  t.equal(field(response.fields, 'x-why'), 'rules')
  t.equal(response.body.toString(), 'members me')
  await client.closed()
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
  await eventually(() => gateway.log.some((line) => line.msg === 'request' && line.status === 403))
})

t.test('an upstream that cannot be reached is answered 502', async (t) => {
  const origin = await startUpgradeOrigin(t, (_request, socket) => socket.destroy())
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
  client.write(`${UPGRADE}\r\n`)
  t.equal((await client.response()).status, 502)
  await client.closed()
})
