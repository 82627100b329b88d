import t from 'tap'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { field, RawConnection, rawRequest } from '../support/raw-client.ts'

t.test('OPTIONS * and OPTIONS for a host without a path are answered with what the gateway can do', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port, log } = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, port)
  // RFC 9112 section 3.2.4: an absolute form without path and query stands for the asterisk.
  for (const target of ['*', 'http://a', 'http://a:80', '*']) {
    client.write(`OPTIONS ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi`)
    const response = await client.response()
    t.equal(response.status, 200, target)
    t.equal(response.body.length, 0)
    t.equal(field(response.fields, 'content-length'), '0')
    t.equal(field(response.fields, 'allow'), 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS')
    t.equal(field(response.fields, 'connection'), 'keep-alive')
  }
  t.same(origin.seen, [])
  await eventually(() => log.filter((line) => line['msg'] === 'request' && line['status'] === 200).length === 4)
})

t.test('OPTIONS for a path goes to its upstream', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(t, passThrough(origin.url))
  for (const [target, seen] of [
    ['/', '/'],
    ['/*', '/*'],
    ['http://a/', '/'],
    ['http://a?b', '/?b']
  ] as const) {
    await rawRequest(t, port, `OPTIONS ${target} HTTP/1.1\r\nHost: a\r\n\r\n`)
    t.equal(origin.seen.at(-1)?.url, seen)
  }
})

t.test('under another method the same targets mean what they say', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(t, passThrough(origin.url))
  t.equal((await rawRequest(t, port, 'GET * HTTP/1.1\r\nHost: a\r\n\r\n')).status, 400)
  t.equal((await rawRequest(t, port, 'GET http://a HTTP/1.1\r\nHost: a\r\n\r\n')).status, 200)
  t.equal(origin.seen.at(-1)?.url, '/')
})
