import t from 'tap'
import { send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { field, RawConnection } from '../support/raw-client.ts'

const SECOND = 'GET /second HTTP/1.1\r\nHost: a\r\n\r\n'
/** RFC 9110 section 7.8: a server may ignore what it is offered; only GET with `websocket` is not. */
const IGNORED: readonly (readonly [name: string, request: string])[] = [
  ['h2c', 'GET /first HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n'],
  ['a protocol that nobody knows', 'GET /first HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, upgrade\r\nUpgrade: x/1, websocket\r\n\r\n'],
  ['a method that no WebSocket has', 'POST /first HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nhi'],
  ['chunks', 'PUT /first HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: TLS/1.0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n']
]

// Node's parser stops at the end of such a message and drops the rest of the piece that it came in: the next piece may begin in the middle of a
// body, which would then be a request.
t.test('the request is served, and is the last one of its connection', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port, url } = await startGateway(t, passThrough(origin.url))
  for (const [name, request] of IGNORED) {
    for (const pieces of [[request + SECOND], [request, SECOND], [`${request}POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 40\r\n\r\n`, SECOND]]) {
      const client = await RawConnection.open(t, port)
      client.socket.setNoDelay(true)
      for (const piece of pieces) await new Promise((resolve) => client.socket.write(Buffer.from(piece, 'latin1'), resolve))
      const { status, fields } = await client.response()
      t.same([status, field(fields, 'connection')], [200, 'close'], name)
      t.equal(await client.rest(), '', name)
      client.destroy()
    }
  }
  t.equal((await send(`${url}/last`)).status, 200)
  t.same(
    origin.seen.map(({ url: path }) => path).filter((path) => path !== '/first'),
    ['/last'],
    'nothing else was sent upstream'
  )
  t.equal(origin.seen.length, 3 * IGNORED.length + 1)
})
