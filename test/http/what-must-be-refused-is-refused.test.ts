import t from 'tap'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { field, RawConnection } from '../support/raw-client.ts'

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`
const post = (fields: string, body = ''): string => `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`
const many = (count: number): string => Array.from({ length: count }, (_one, i) => `X-${i}: 1\r\n`).join('')

const CASES: readonly [name: string, request: string, status: number, code: string][] = [
  ['a backslash', get('/a\\b'), 400, 'SP_BAD_REQUEST'],
  ['an encoded backslash', get('/a%5cb'), 400, 'SP_BAD_REQUEST'],
  ['an encoded NUL', get('/a%00'), 400, 'SP_BAD_REQUEST'],
  ['an encoded slash', get('/a%2fb'), 400, 'SP_BAD_REQUEST'],
  ['an encoded slash, upper case', get('/a%2Fb'), 400, 'SP_BAD_REQUEST'],
  ['an empty segment', get('//a'), 400, 'SP_BAD_REQUEST'],
  ['an empty segment in the middle', get('/a//b'), 400, 'SP_BAD_REQUEST'],
  ['a dot segment', get('/a/./b'), 400, 'SP_BAD_REQUEST'],
  ['a double dot segment', get('/a/../b'), 400, 'SP_BAD_REQUEST'],
  ['a double dot at the end', get('/a/..'), 400, 'SP_BAD_REQUEST'],
  ['encoded dots', get('/a/%2e%2E/b'), 400, 'SP_BAD_REQUEST'],
  ['dots half encoded', get('/a/.%2e'), 400, 'SP_BAD_REQUEST'],
  ['dots with parameters', get('/a/..;x/b'), 400, 'SP_BAD_REQUEST'],
  ['dots with an encoded semicolon', get('/a/..%3bx/b'), 400, 'SP_BAD_REQUEST'],
  ['a fragment', get('/a#b'), 400, 'SP_BAD_REQUEST'],
  ['half an escape', get('/a%4'), 400, 'SP_BAD_REQUEST'],
  ['an escape of no hex digits', get('/a%zz'), 400, 'SP_BAD_REQUEST'],
  ['raw bytes above ASCII', get('/\xe4'), 400, 'SP_BAD_REQUEST'],
  ['the asterisk form', get('*'), 400, 'SP_BAD_REQUEST'],
  ['the asterisk form of OPTIONS', 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['an absolute target of another scheme', get('ftp://a/b'), 400, 'SP_BAD_REQUEST'],
  ['an absolute target with userinfo', get('http://u:p@a/b'), 400, 'SP_BAD_REQUEST'],
  ['a target without a slash', get('a/b'), 400, 'SP_BAD_REQUEST'],
  ['a target that is too long', get(`/${'a'.repeat(9000)}`), 414, 'SP_URI_TOO_LONG'],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['two Host fields', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['Host with userinfo', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['Host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['Host with a list', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['Host with a bad port', 'GET / HTTP/1.1\r\nHost: a:http\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['two Authorization fields', 'GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nauthorization: b\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['HTTP/2.0 in a request line', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['HTTP/0.9', 'GET / HTTP/0.9\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['a coding before chunked', post('Transfer-Encoding: gzip, chunked', '0\r\n\r\n'), 501, 'SP_NOT_IMPLEMENTED'],
  ['two Transfer-Encoding fields', post('Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked', '0\r\n\r\n'), 501, 'SP_NOT_IMPLEMENTED'],
  ['chunked twice', post('Transfer-Encoding: chunked, chunked', '0\r\n\r\n'), 400, 'SP_BAD_REQUEST'],
  ['a coding that is not chunked', post('Transfer-Encoding: gzip'), 501, 'SP_NOT_IMPLEMENTED'],
  ['chunked with HTTP/1.0', 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['Content-Length and Transfer-Encoding', post('Content-Length: 5\r\nTransfer-Encoding: chunked', '0\r\n\r\n'), 400, 'SP_BAD_REQUEST'],
  ['two lengths', post('Content-Length: 5\r\nContent-Length: 6', 'hello!'), 400, 'SP_BAD_REQUEST'],
  ['a negative length', post('Content-Length: -1'), 400, 'SP_BAD_REQUEST'],
  ['a list of lengths', post('Content-Length: 5, 5', 'hello'), 400, 'SP_BAD_REQUEST'],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['a folded field', 'GET / HTTP/1.1\r\nHost: a\r\nX-A: b\r\n c\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['NUL in a field', 'GET / HTTP/1.1\r\nHost: a\r\nX-A: \0\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['no HTTP at all', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', 400, 'SP_BAD_REQUEST'],
  [
    'an upgrade with a body',
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n\r\nhello',
    400,
    'SP_BAD_REQUEST'
  ],
  ['a chunk size that is no number', post('Transfer-Encoding: chunked', 'zz\r\n\r\n'), 400, 'SP_BAD_REQUEST'],
  ['more fields than limits.headerCount', `GET / HTTP/1.1\r\nHost: a\r\n${many(100)}\r\n`, 431, 'SP_HEADERS_TOO_LARGE'],
  ['a head over limits.headers', `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${'x'.repeat(17_000)}\r\n\r\n`, 431, 'SP_HEADERS_TOO_LARGE']
]

t.test('each is answered by problem+json, its connection closed, and the upstream sees no request', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startGateway(t, passThrough(origin.url))
  for (const [name, request, status, code] of CASES) {
    const client = await RawConnection.open(t, gateway.port)
    client.write(request)
    try {
      const response = await client.response()
      const body = JSON.parse(response.body.toString()) as { code: string; requestId: string }
      t.same(
        [response.status, body.code, field(response.fields, 'content-type'), field(response.fields, 'connection')],
        [status, code, 'application/problem+json', 'close'],
        name
      )
      await client.closed()
      await eventually(() => gateway.log.some((line) => line.requestId === body.requestId))
    } catch (error) {
      t.fail(`${name}: ${String(error)}`)
    }
    client.destroy()
  }
  t.same(origin.seen, [])
})
