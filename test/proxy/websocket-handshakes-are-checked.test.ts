import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { field, RawConnection, rawRequest } from '../support/raw-client.ts'
import { accept, endWithClient, startUpgradeOrigin, UPGRADE } from '../support/websocket.ts'

const KEY = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
const VERSION = 'Sec-WebSocket-Version: 13\r\n'

const WRONG: readonly [string, string, string][] = [
  ['no key', KEY, ''],
  ['an empty key', KEY, 'Sec-WebSocket-Key: \r\n'],
  ['a key of 15 bytes', KEY, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n'],
  ['a key of 17 bytes', KEY, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWU=\r\n'],
  ['a key with bits behind its last byte', KEY, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n'],
  ['a key that is no base64', KEY, 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j-_==\r\n'],
  ['two keys', KEY, KEY + KEY],
  ['no version', VERSION, ''],
  ['a version that is no number', VERSION, 'Sec-WebSocket-Version: latest\r\n'],
  ['two versions', VERSION, VERSION + VERSION]
]

t.test('an opening handshake without a proper key or version is answered 400 and reaches no upstream', async (t) => {
  const origin = await startUpgradeOrigin(t, (request, socket) => socket.write(accept(request)))
  const { port } = await startGateway(t, passThrough(origin.url))
  for (const [name, right, wrong] of WRONG) {
    const { status, body } = await rawRequest(t, port, `${UPGRADE.replace(right, wrong)}\r\n`)
    t.equal(status, 400, name)
    t.equal(JSON.parse(body.toString()).code, 'SP_BAD_REQUEST', name)
  }
  t.equal(origin.requests.length, 0)
})

t.test('another version is for the upstream to refuse', async (t) => {
  const origin = await startUpgradeOrigin(t, (_request, socket) =>
    socket.end('HTTP/1.1 426 Upgrade Required\r\nSec-WebSocket-Version: 13, 8\r\nContent-Length: 0\r\n\r\n')
  )
  const { port } = await startGateway(t, passThrough(origin.url))
  const { status, fields } = await rawRequest(t, port, `${UPGRADE.replace('Version: 13', 'Version: 99')}\r\n`)
  t.equal(status, 426)
  t.equal(field(fields, 'sec-websocket-version'), '13, 8')
  t.equal(origin.requests[0]?.headers['sec-websocket-version'], '99')
})

t.test('subprotocols and extensions are settled by both ends', async (t) => {
  const offered =
    'Sec-WebSocket-Protocol: chat.v2, chat.v1\r\nSec-WebSocket-Extensions: permessage-deflate; client_max_window_bits, x-other;a="b, c"\r\n'
  const chosen = 'Sec-WebSocket-Protocol: chat.v1\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover\r\n'
  const origin = await startUpgradeOrigin(t, (request, socket) => {
    socket.write(accept(request, chosen))
    endWithClient(socket)
  })
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
  client.write(`${UPGRADE}Origin: https://shop.example\r\n${offered}\r\n`)
  const { status, fields } = await client.response()
  t.equal(status, 101)
  t.match(origin.requests[0]?.headers, {
    origin: 'https://shop.example',
    'sec-websocket-protocol': 'chat.v2, chat.v1',
    'sec-websocket-extensions': 'permessage-deflate; client_max_window_bits, x-other;a="b, c"'
  })
  t.equal(field(fields, 'sec-websocket-protocol'), 'chat.v1')
  t.equal(field(fields, 'sec-websocket-extensions'), 'permessage-deflate; server_no_context_takeover')
  client.destroy()
})
