import t from 'tap'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startFixedOrigin } from '../support/origin.ts'
import { field, fieldsOf, RawConnection, rawRequest } from '../support/raw-client.ts'

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
// Valid links that Node's own writeEarlyHints refuses, and a field that belongs to the connection.
const LINKS = ['</a.css>; rel=preload; as=style', '<https://a.example/b?c=d&e>; rel="next prev"; title*=UTF-8\'\'%e4', '</x>, </y>;rel=preload']
const INTERIM = `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\n${LINKS.map((link) => `Link: ${link}\r\n`).join('')}Keep-Alive: timeout=1\r\n\r\n`
const BODY = 'Transfer-Encoding: chunked\r\nTrailer: X-Sum, X-B\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: \xe9\r\nX-b: 2\r\nX-b: 3\r\nSet-Cookie: no=1\r\n\r\n'

t.test('a default proxy drops interim answers and trailers', async (t) => {
  const origin = await startFixedOrigin(t, Buffer.from(`${INTERIM}HTTP/1.1 200 OK\r\n${BODY}`, 'latin1'))
  const response = await rawRequest(t, (await startDefaultProxy(t, origin.url)).port, GET)
  t.same(response.interim, [])
  t.same(response.trailers, [])
})

t.test('the gateway passes on 102 and 103 with every Link', async (t) => {
  const origin = await startFixedOrigin(t, `${INTERIM}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`)
  const { interim, status } = await rawRequest(t, (await startGateway(t, passThrough(origin.url))).port, GET)
  t.same(
    interim.map((head) => head.status),
    [102, 103]
  )
  t.same(fieldsOf(interim[1]?.fields ?? [], 'link'), LINKS)
  t.equal(field(interim[1]?.fields ?? [], 'keep-alive'), undefined)
  t.equal(status, 200)
})

t.test('an HTTP/1.0 client gets no interim answer', async (t) => {
  const origin = await startFixedOrigin(t, `${INTERIM}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`)
  const { interim, status } = await rawRequest(t, (await startGateway(t, passThrough(origin.url))).port, 'GET / HTTP/1.0\r\n\r\n')
  t.same(interim, [])
  t.equal(status, 200)
})

t.test('the gateway passes on trailers, but none that would frame or steer the message', async (t) => {
  const origin = await startFixedOrigin(t, Buffer.from(`HTTP/1.1 200 OK\r\n${BODY}`, 'latin1'))
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
  for (let i = 0; i < 2; i++) {
    client.write(GET)
    const response = await client.response()
    t.equal(field(response.fields, 'trailer'), 'X-Sum, X-B')
    t.equal(response.body.toString(), 'hello')
    t.same(response.trailers, ['X-Sum', '\xe9', 'X-b', '2', 'X-b', '3'])
  }
})
