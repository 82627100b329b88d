import t from 'tap'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { fieldsOf, RawConnection, rawRequest } from '../support/raw-client.ts'

const BODY = 'x'.repeat(2 * 1024 * 1024)
const HEAD = `PUT /file HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${BODY.length}\r\n\r\n`

t.test('a default proxy answers an upload with Expect by 500', async (t) => {
  const origin = await startRecordingOrigin(t)
  const proxy = await startDefaultProxy(t, origin.url)
  t.equal((await rawRequest(t, proxy.port, HEAD + BODY)).status, 500)
})

t.test('the gateway invites the body with 100 Continue and forwards all of it, without Expect', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, port)
  client.write(HEAD)
  t.equal((await client.head()).status, 100)
  client.write(BODY)
  t.equal((await client.response()).status, 200)
  t.equal(origin.seen[0]?.body.length, BODY.length)
  t.same(fieldsOf(origin.seen[0]?.rawHeaders ?? [], 'expect'), [])
})
