import t from 'tap'
import { inFlight } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { RawConnection } from '../support/raw-client.ts'
import { startScriptedOrigin } from '../support/scripted-origin.ts'
import { UPGRADE } from '../support/websocket.ts'

// RFC 9110 section 7.8: a server switches to what it was offered, or not at all.
const SWITCHES = [
  'Connection: Upgrade\r\nUpgrade: h2c\r\n',
  'Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n',
  'Connection: Upgrade\r\n',
  'Upgrade: websocket\r\n',
  ''
]

for (const fields of SWITCHES) {
  t.test(`101 with ${JSON.stringify(fields)} is answered 502, and no bytes pass`, async (t) => {
    const origin = await startScriptedOrigin(t)
    origin.script = `HTTP/1.1 101 Switching Protocols\r\n${fields}\r\nsecret bytes`
    const gateway = await startGateway(t, passThrough(origin.url))
    const client = await RawConnection.open(t, gateway.port)
    client.write(`${UPGRADE}\r\n`)
    const response = await client.response()
    t.equal(response.status, 502)
    t.equal((JSON.parse(response.body.toString()) as { code: string }).code, 'SP_UPSTREAM_PROTOCOL')
    t.equal(await client.rest(), '')
    await eventually(async () => origin.connections === 0 && (await inFlight(gateway, 'origin')) === 0)
  })
}

t.test('the name of the protocol is compared without regard to letter case', async (t) => {
  const origin = await startScriptedOrigin(t)
  origin.script = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\nbytes'
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
  client.write(`${UPGRADE}\r\n`)
  t.equal((await client.response()).status, 101)
  t.equal((await client.bytes(5)).toString(), 'bytes')
})
