import t from 'tap'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway, type Teardown } from '../support/gateway.ts'
import { type SeenRequest, startFixedOrigin, startRecordingOrigin } from '../support/origin.ts'
import { fieldsOf, rawRequest } from '../support/raw-client.ts'

const REQUEST_FIELDS = [
  'TE: trailers',
  'Trailer: X-Sum',
  'Proxy-Authorization: Basic eDp5',
  'X-Named: 1',
  'X-Also-Named: 1',
  'Proxy-Connection: keep-alive'
]
const HEAD = `GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Named\r\nConnection: x-also-named\r\n${REQUEST_FIELDS.join('\r\n')}\r\nX-Kept: 1\r\n\r\n`
const RESPONSE_FIELDS = [
  'Keep-Alive: timeout=999',
  'Proxy-Connection: close',
  'Proxy-Authenticate: Basic',
  'Upgrade: h2c',
  'TE: trailers',
  'X-Named: 1',
  'X-Also-Named: 1'
]
const ANSWER = `HTTP/1.1 200 OK\r\nConnection: X-Named\r\nConnection: keep-alive, x-also-named\r\nConnection: keep-alive\r\n${RESPONSE_FIELDS.join('\r\n')}\r\nX-Kept: 1\r\nContent-Length: 0\r\n\r\n`

const names = (lines: readonly string[]): string[] => lines.map((line) => line.slice(0, line.indexOf(':')).toLowerCase())

async function upstreamSees(t: Teardown, start: (url: string) => Promise<{ port: number }>): Promise<SeenRequest> {
  const origin = await startRecordingOrigin(t)
  await rawRequest(t, (await start(origin.url)).port, HEAD)
  return origin.seen[0] as SeenRequest
}

t.test('a default proxy passes TE, Trailer and Proxy-Authorization to the upstream', async (t) => {
  const { rawHeaders } = await upstreamSees(t, (url) => startDefaultProxy(t, url))
  for (const name of ['te', 'trailer', 'proxy-authorization']) t.not(fieldsOf(rawHeaders, name).length, 0, name)
})

t.test('the gateway passes none of them to the upstream', async (t) => {
  const { rawHeaders } = await upstreamSees(t, (url) => startGateway(t, passThrough(url)))
  for (const name of names(REQUEST_FIELDS)) t.same(fieldsOf(rawHeaders, name), [], name)
  t.same(fieldsOf(rawHeaders, 'x-kept'), ['1'])
  t.same(fieldsOf(rawHeaders, 'connection'), ['keep-alive'])
})

t.test('a default proxy passes hop-by-hop and nominated fields to the client', async (t) => {
  const origin = await startFixedOrigin(t, ANSWER)
  const { fields } = await rawRequest(t, (await startDefaultProxy(t, origin.url)).port, HEAD)
  for (const name of ['proxy-authenticate', 'x-named', 'x-also-named', 'te']) t.not(fieldsOf(fields, name).length, 0, name)
})

t.test('the gateway passes none of them to the client', async (t) => {
  const origin = await startFixedOrigin(t, ANSWER)
  const { fields } = await rawRequest(t, (await startGateway(t, passThrough(origin.url))).port, HEAD)
  for (const name of names(RESPONSE_FIELDS).filter((name) => name !== 'keep-alive')) t.same(fieldsOf(fields, name), [], name)
  t.notOk(fieldsOf(fields, 'keep-alive').includes('timeout=999'), 'the gateway has its own')
  t.same(fieldsOf(fields, 'connection'), ['keep-alive'])
  t.same(fieldsOf(fields, 'x-kept'), ['1'])
})

t.test('no Connection option can take a field of the message itself away', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(t, passThrough(origin.url))
  await rawRequest(
    t,
    port,
    'POST / HTTP/1.1\r\nHost: a\r\nConnection: host, content-length, cookie, authorization, x-forwarded-for, via\r\n' +
      'Cookie: a=b\r\nAuthorization: x y\r\nContent-Length: 2\r\n\r\nhi'
  )
  const { rawHeaders, body } = origin.seen[0] as SeenRequest
  t.equal(body.toString(), 'hi')
  for (const name of ['host', 'cookie', 'authorization', 'x-forwarded-for', 'via']) t.equal(fieldsOf(rawHeaders, name).length, 1, name)
})
