import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { expectRefusal } from '../support/refused.ts'

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`
const post = (fields: string, body = ''): string => `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`
const many = (count: number): string => Array.from({ length: count }, (_one, i) => `X-${i}: 1\r\n`).join('')

const CASES: readonly (readonly [name: string, request: string, status: number, code: string])[] = [
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
  ['the asterisk form and more', get('*x'), 400, 'SP_BAD_REQUEST'],
  ['an absolute target of another scheme', get('ftp://a/b'), 400, 'SP_BAD_REQUEST'],
  ['an absolute target with userinfo', get('http://u:p@a/b'), 400, 'SP_BAD_REQUEST'],
  ['an absolute target with an empty userinfo', get('http://@a/b'), 400, 'SP_BAD_REQUEST'],
  ['an absolute target without a host', get('http:///b'), 400, 'SP_BAD_REQUEST'],
  ['an absolute target with nothing but a port', get('http://:80/b'), 400, 'SP_BAD_REQUEST'],
  ['an absolute target with a port that there is not', get('http://a:65536/b'), 400, 'SP_BAD_REQUEST'],
  ['an absolute target with an open bracket', get('http://[::1/b'), 400, 'SP_BAD_REQUEST'],
  ['an absolute target with a list of hosts', get('http://a,b/c'), 400, 'SP_BAD_REQUEST'],
  ['an absolute target with an encoded host', get('http://%61/b'), 400, 'SP_BAD_REQUEST'],
  ['an absolute target with a backslash', get('http://a\\b/c'), 400, 'SP_BAD_REQUEST'],
  ['an absolute target with dots', get('http://a/../b'), 400, 'SP_BAD_REQUEST'],
  ['an absolute target with a fragment', get('http://a/b#c'), 400, 'SP_BAD_REQUEST'],
  ['an absolute target beside a Host that is none', 'GET http://a/ HTTP/1.1\r\nHost: u@a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['an absolute target without Host', 'GET http://a/ HTTP/1.1\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['an https target without TLS', get('https://a/b'), 400, 'SP_BAD_REQUEST'],
  ['a target without a slash', get('a/b'), 400, 'SP_BAD_REQUEST'],
  ['a target that is too long', get(`/${'a'.repeat(9000)}`), 414, 'SP_URI_TOO_LONG'],
  ['a target that alone is over limits.headers', get(`/${'a'.repeat(20_000)}`), 414, 'SP_URI_TOO_LONG'],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['two Host fields', 'GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['Host with userinfo', 'GET / HTTP/1.1\r\nHost: u@a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['Host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['Host with a list', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['Host with a bad port', 'GET / HTTP/1.1\r\nHost: a:http\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['an empty Host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['two Authorization fields', 'GET / HTTP/1.1\r\nHost: a\r\nAuthorization: a\r\nauthorization: b\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['HTTP/2.0 in a request line', 'GET / HTTP/2.0\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['HTTP/1.2', 'GET / HTTP/1.2\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['HTTP/3.0', 'GET / HTTP/3.0\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['a version of two digits', 'GET / HTTP/1.10\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['http in lower case', 'GET / http/1.1\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['a request line without a version', 'GET /\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['a request line without a target', 'GET HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['a space in the target', get('/a b'), 400, 'SP_BAD_REQUEST'],
  ['a space behind the version', 'GET / HTTP/1.1 \r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['a space before the method', ' GET / HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['tabs in the request line', 'GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['a control character in the target', get('/\x0b'), 400, 'SP_BAD_REQUEST'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['a method that is no token', 'G@T / HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['lines that end in LF', 'GET / HTTP/1.1\nHost: a\n\n', 400, 'SP_BAD_REQUEST'],
  ['one field that ends in LF', 'GET / HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['a head that ends in LF', 'GET / HTTP/1.1\r\nHost: a\r\n\n', 400, 'SP_BAD_REQUEST'],
  ['CR in a field', 'GET / HTTP/1.1\r\nHost: a\r\nX-A: b\rX-C: d\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['CR CR LF', 'GET / HTTP/1.1\r\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['CR in a field name', 'GET / HTTP/1.1\r\nHost: a\r\nX\r-A: b\r\n\r\n', 400, 'SP_BAD_REQUEST'],
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
  ['a folded Host', 'GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['a first field that is folded', 'GET / HTTP/1.1\r\n X-A: b\r\nHost: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['a tab before the colon', 'GET / HTTP/1.1\r\nHost\t: a\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['a field without a name', 'GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ['a line without a colon', 'GET / HTTP/1.1\r\nHost: a\r\nX-A\r\n\r\n', 400, 'SP_BAD_REQUEST'],
  ...'()/@[]{}"=\\\0\x7f\x80\xff'
    .split('')
    .map((odd) => [`${JSON.stringify(odd)} in a field name`, `GET / HTTP/1.1\r\nHost: a\r\nX${odd}A: b\r\n\r\n`, 400, 'SP_BAD_REQUEST'] as const),
  ...'\x01\x0b\x0c\x1b\x7f'
    .split('')
    .map((odd) => [`${JSON.stringify(odd)} in a field`, `GET / HTTP/1.1\r\nHost: a\r\nX-A: b${odd}\r\n\r\n`, 400, 'SP_BAD_REQUEST'] as const),
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
  for (const [name, request, status, code] of CASES) await expectRefusal(t, gateway, name, request, status, code)
  t.same(origin.seen, [])
})
