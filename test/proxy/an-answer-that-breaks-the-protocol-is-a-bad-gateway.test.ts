import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { inFlight } from '../support/admin.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRawOrigin } from '../support/origin.ts'

const ANSWERS: readonly [string, string][] = [
  ['no HTTP', 'hello\r\n\r\n'],
  ['length and chunks', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
  ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello'],
  ['a field without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\nX-A : x\r\nContent-Length: 0\r\n\r\n'],
  ['a head without end', `HTTP/1.1 200 OK\r\nX-A: ${'x'.repeat(70_000)}`],
  ['a coding that nobody decodes', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
  ['a coding up to the end of the connection', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello'],
  ['a switch of protocols nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'],
  ['a switch of protocols without a name', 'HTTP/1.1 101 Switching Protocols\r\n\r\n']
]

for (const [name, answer] of ANSWERS) {
  t.test(`${name} is answered 502 SP_UPSTREAM_PROTOCOL`, async (t) => {
    const origin = await startRawOrigin(t, (socket) => {
      socket.on('error', () => {}).once('data', () => socket.write(answer, 'latin1'))
    })
    const gateway = await startGateway(t, passThrough(origin.url))
    const response = await send(gateway.url)
    t.equal(response.status, 502)
    t.equal(response.json().code, 'SP_UPSTREAM_PROTOCOL')
    t.equal(response.headers['proxy-status'], 'sallyport; error=http_protocol_error; details="SP_UPSTREAM_PROTOCOL"')
    await eventually(() => origin.connections === 0)
    await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
  })
}
