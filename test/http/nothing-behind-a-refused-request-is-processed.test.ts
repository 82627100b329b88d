import t from 'tap'
import { inFlight } from '../support/admin.ts'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`
const post = (path: string, fields: string, body = ''): string => `POST ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`
const UPGRADE = get('/after').replace('\r\n\r\n', '\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n')

/** Each is answered with `Connection: close`, after which a server must not process any further request (RFC 9112 section 9.6). */
const REFUSED: readonly (readonly [name: string, request: string, status: number])[] = [
  ['a bad path', get('//a'), 400],
  ['a bad path, with a length', post('//a', 'Content-Length: 5', 'hello'), 400],
  ['a bad path, with chunks', post('//a', 'Transfer-Encoding: chunked', '5\r\nhello\r\n0\r\n\r\n'), 400],
  ['a bad Host', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n', 400],
  ['two Host fields', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 400],
  ['TRACE', get('/').replace('GET', 'TRACE'), 501],
  ['another coding', post('/', 'Transfer-Encoding: gzip, chunked', '0\r\n\r\n'), 501],
  ['a body that is too large', post('/', 'Content-Length: 11', 'hello hello'), 413]
]
const BEHIND: readonly string[] = [
  get('/after'),
  post('/after', 'Content-Length: 2', 'hi'),
  post('/after', 'Transfer-Encoding: chunked\r\nExpect: 100-continue', '2\r\nhi\r\n0\r\n\r\n'),
  UPGRADE,
  get('/after').replace('GET', 'CONNECT'),
  get('/after').repeat(20),
  'nonsense\r\n\r\n'
]

t.test('requests that came together with a refused one are neither answered nor sent upstream', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startGateway(t, `limits: { body: 10B }\n${passThrough(origin.url)}`)
  for (const [name, request, status] of REFUSED) {
    for (const behind of BEHIND) {
      const client = await RawConnection.open(t, gateway.port)
      client.write(request + behind)
      t.equal((await client.response()).status, status, name)
      t.equal(await client.rest(), '', `${name}, then ${behind.slice(0, 40)}`)
      client.destroy()
    }
  }
  // Its answer comes after anything that was sent upstream before.
  t.equal((await send(gateway.url)).status, 200)
  t.same(
    origin.seen.map(({ url }) => url),
    ['/']
  )
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
})

t.test('what came before a refused request is answered', async (t) => {
  const origin = await startRecordingOrigin(t, (_request, response) => setImmediate(() => response.end('fine')))
  const gateway = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, gateway.port)
  client.write(get('/1') + get('/2') + get('//bad') + get('/after'))
  t.same([(await client.response()).status, (await client.response()).status, (await client.response()).status], [200, 200, 400])
  t.equal(await client.rest(), '')
  t.same(origin.seen.map(({ url }) => url).toSorted(), ['/1', '/2'])
})
