import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { rawRequest } from '../support/raw-client.ts'

const get = (target: string, fields = 'Host: a'): string => `GET ${target} HTTP/1.1\r\n${fields}\r\n\r\n`
const many = (count: number): string => Array.from({ length: count }, (_one, i) => `X-${i}: 1`).join('\r\n')

const CASES: readonly [name: string, request: string, target: string][] = [
  ['an absolute target', get('http://a/b?c'), '/b?c'],
  ['a long segment', get(`/${'a'.repeat(7000)}`), `/${'a'.repeat(7000)}`],
  ['dots that are no dot segments', get('/.a/..b/...'), '/.a/..b/...'],
  ['parameters', get('/a;b=c'), '/a;b=c'],
  ['an escaped percent', get('/a%25b'), '/a%25b'],
  ['anything in the query', get('/?a=/../%00%zz//\\#"<>^`{|}'), '/?a=/../%00%zz//\\#"<>^`{|}'],
  ['a Host with a port', get('/', 'Host: a.example:8080'), '/'],
  ['a Host that is an IPv6 address', get('/', 'Host: [::1]:80'), '/'],
  ['one Authorization field', get('/', 'Host: a\r\nAuthorization: Bearer x'), '/'],
  ['HTTP/1.0 without Host', 'GET / HTTP/1.0\r\n\r\n', '/'],
  ['chunked in capitals', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n', '/'],
  ['as many fields as limits.headerCount', get('/', `Host: a\r\n${many(99)}`), '/'],
  ['an unknown expectation', get('/', 'Host: a\r\nExpect: something'), '/'],
  ['an upgrade to what nobody speaks', get('/', 'Host: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: x'), '/'],
  ['an absolute target with a port', get('http://a:8080/b'), '/b'],
  ['an absolute target with an IPv6 address', get('http://[::1]/b'), '/b'],
  ['several spaces in the request line', 'GET  /b  HTTP/1.1\r\nHost: a\r\n\r\n', '/b'],
  ['every character of a field name', get('/', "Host: a\r\nX!#$%&'*+-.^`|~9: b"), '/'],
  ['a field name with an underscore', get('/', 'Host: a\r\nX_Tenant: b'), '/'],
  ['an empty field', get('/', 'Host: a\r\nX-A:'), '/'],
  ['a field with bytes above ASCII and tabs', get('/', 'Host: a\r\nX-A:\t\x80\tb\xff\t'), '/'],
  ['field names that are properties of every object', get('/', 'Host: a\r\nconstructor: b\r\ntoString: c'), '/'],
  ['a method of WebDAV', 'PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n', '/'],
  ['QUERY with content', 'QUERY / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi', '/'],
  ['five empty lines before the request', `${'\r\n'.repeat(5)}${get('/')}`, '/'],
  ['an empty line before the request', `\r\n${get('/')}`, '/']
]

t.test('each is answered by the upstream, which gets the target as it was sent', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(t, passThrough(origin.url))
  for (const [name, request, target] of CASES) {
    t.equal((await rawRequest(t, port, request)).status, 200, name)
    t.equal(origin.seen.pop()?.url, target, name)
  }
})
