import t from 'tap'
import { eventually } from '../support/client.ts'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { fieldsOf, RawConnection } from '../support/raw-client.ts'
import { startUpgradeOrigin, UPGRADE } from '../support/websocket.ts'

const REQUEST =
  `${UPGRADE}Authorization: Bearer x\r\nOrigin: https://shop.example\r\nCookie: a=1\r\nX-Two: 1\r\nX-Two: 2\r\n` +
  'Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n'

t.test('a default proxy forwards the cookie only', async (t) => {
  const origin = await startUpgradeOrigin(t, (_request, socket) => socket.end())
  const client = await RawConnection.open(t, (await startDefaultProxy(t, origin.url, { websocket: true })).port)
  client.write(REQUEST)
  await eventually(() => origin.requests.length === 1)
  t.match(origin.requests[0]?.headers, { cookie: 'a=1', authorization: undefined, 'x-two': undefined })
})

t.test('the gateway forwards every end-to-end field', async (t) => {
  const origin = await startUpgradeOrigin(t, (_request, socket) => socket.end())
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
  client.write(REQUEST)
  await eventually(() => origin.requests.length > 0)
  const { headers, rawHeaders = [], url } = origin.requests[0] ?? { headers: {} }
  t.equal(url, '/chat')
  t.match(headers, {
    authorization: 'Bearer x',
    origin: 'https://shop.example',
    cookie: 'a=1',
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-extensions': 'permessage-deflate',
    'x-forwarded-for': '127.0.0.1',
    upgrade: 'websocket',
    connection: 'upgrade'
  })
  t.same(fieldsOf(rawHeaders, 'x-two'), ['1', '2'])
})
