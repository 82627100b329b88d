import t from 'tap'
import { eventually } from '../support/client.ts'
import { passThrough } from '../support/gateway.ts'
import { startHttp2Gateway } from '../support/http2-gateway.ts'
import { type RawFields, RawHttp2 } from '../support/http2-raw.ts'
import { startRecordingOrigin } from '../support/origin.ts'

const PSEUDO: RawFields = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/'],
  [':authority', 'a']
]
const but = (name: string, value: string | null): RawFields =>
  PSEUDO.flatMap((pair) => (pair[0] === name ? (value === null ? [] : [[name, value] as const]) : [pair]))
const and = (...more: RawFields): RawFields => [...PSEUDO, ...more]
const many = (count: number): RawFields => and(...Array.from({ length: count }, (_one, i) => [`x-${i}`, '1'] as const))

/** What the gateway itself refuses, on a stream that ends cleanly. */
const REFUSED: readonly (readonly [name: string, fields: RawFields, status: number, code: string])[] = [
  [
    'CONNECT',
    [
      [':method', 'CONNECT'],
      [':authority', 'a:443']
    ],
    501,
    'SP_NOT_IMPLEMENTED'
  ],
  ['TRACE', but(':method', 'TRACE'), 501, 'SP_NOT_IMPLEMENTED'],
  ['a method that nobody knows', but(':method', 'FOO'), 501, 'SP_NOT_IMPLEMENTED'],
  ['a method in lower case', but(':method', 'get'), 501, 'SP_NOT_IMPLEMENTED'],
  ['a host that is not the authority', and(['host', 'b']), 400, 'SP_BAD_REQUEST'],
  ['a host with another port', and(['host', 'a:8443']), 400, 'SP_BAD_REQUEST'],
  ['a list of authorities', but(':authority', 'a,b'), 400, 'SP_BAD_REQUEST'],
  ['another scheme', but(':scheme', 'ftp'), 400, 'SP_BAD_REQUEST'],
  [
    'another scheme and an absolute path',
    [
      [':method', 'GET'],
      [':scheme', 'x'],
      [':path', 'https://b/'],
      [':authority', 'a']
    ],
    400,
    'SP_BAD_REQUEST'
  ],
  [
    'an asterisk of another scheme',
    [
      [':method', 'GET'],
      [':scheme', 'x'],
      [':path', '*'],
      [':authority', 'a']
    ],
    400,
    'SP_BAD_REQUEST'
  ],
  ['two Authorization fields', and(['authorization', 'a'], ['authorization', 'b']), 400, 'SP_BAD_REQUEST'],
  ['a name with an underscore', and(['x_forwarded_for', '1.2.3.4']), 400, 'SP_BAD_REQUEST'],
  ['a backslash', but(':path', '/a\\b'), 400, 'SP_BAD_REQUEST'],
  ['an encoded slash', but(':path', '/a%2fb'), 400, 'SP_BAD_REQUEST'],
  ['an empty segment', but(':path', '//a'), 400, 'SP_BAD_REQUEST'],
  ['dots', but(':path', '/a/../b'), 400, 'SP_BAD_REQUEST'],
  ['encoded dots with a parameter', but(':path', '/a/%2e%2e;x/b'), 400, 'SP_BAD_REQUEST'],
  ['bytes above ASCII', but(':path', '/\xe4'), 400, 'SP_BAD_REQUEST'],
  ['a fragment', but(':path', '/a#b'), 400, 'SP_BAD_REQUEST'],
  ['a path that is too long', but(':path', `/${'a'.repeat(9_000)}`), 414, 'SP_URI_TOO_LONG'],
  ['a path over limits.headers', but(':path', `/${'a'.repeat(15_000)}`), 414, 'SP_URI_TOO_LONG'],
  ['more fields than limits.headerCount', many(101), 431, 'SP_HEADERS_TOO_LARGE'],
  ['fields over limits.headers', and(['x-a', 'x'.repeat(8_000)], ['x-b', 'x'.repeat(8_400)]), 431, 'SP_HEADERS_TOO_LARGE']
]

/** What nghttp2 takes for malformed: the stream is reset with PROTOCOL_ERROR, and there is no answer (RFC 9113 section 8.1.1). */
const RESET: readonly (readonly [name: string, fields: RawFields])[] = [
  ['no method', but(':method', null)],
  ['no scheme', but(':scheme', null)],
  ['no path', but(':path', null)],
  ['an empty path', but(':path', '')],
  ['neither authority nor host', but(':authority', null)],
  ['an absolute path', but(':path', 'https://b/')],
  ['a path without a slash', but(':path', 'a')],
  ['the asterisk form', but(':path', '*')],
  ['a method that is no token', but(':method', 'G@T')],
  ['two paths', and([':path', '/b'])],
  ['an unknown pseudo field', and([':odd', 'x'])],
  ['a pseudo field of answers', and([':status', '200'])],
  ['a pseudo field behind a field', [...but(':path', null), ['x-a', 'b'], [':path', '/']]],
  ['extended CONNECT', [...but(':method', 'CONNECT'), [':protocol', 'websocket']]],
  ['upper case', and(['X-A', 'b'])],
  ['Connection', and(['connection', 'close'])],
  ['Keep-Alive', and(['keep-alive', 'timeout=5'])],
  ['Proxy-Connection', and(['proxy-connection', 'keep-alive'])],
  ['Transfer-Encoding', and(['transfer-encoding', 'chunked'])],
  ['Upgrade', and(['upgrade', 'websocket'])],
  ['TE for something else than trailers', and(['te', 'gzip'])],
  ['two lengths', and(['content-length', '0'], ['content-length', '0'])],
  ['a length that is no number', and(['content-length', '1, 1'])],
  ['an empty host beside the authority', and(['host', ''])],
  ['two hosts', [...but(':authority', null), ['host', 'a'], ['host', 'a']]],
  ['an authority with userinfo', but(':authority', 'u@a')],
  ['an authority with a path', but(':authority', 'a/b')],
  ['a host with userinfo', [...but(':authority', null), ['host', 'u@a']]],
  ['a length without a body', and(['content-length', '5'])]
]
const NO_ERROR = 0
const PROTOCOL_ERROR = 1

t.test('each is answered by problem+json or reset, its session goes on, and the upstream sees no request', async (t) => {
  const origin = await startRecordingOrigin(t, (_request, response) => void response.end('fine'))
  const gateway = await startHttp2Gateway(t, passThrough(origin.url))
  const client = await RawHttp2.open(t, gateway.port)
  for (const [name, fields, status, code] of REFUSED) {
    const { status: found, body, ended, reset } = await client.answer(client.send(fields))
    const problem = JSON.parse(body || '{}') as { code?: string; requestId?: string }
    t.same([found, problem.code, ended, reset], [status, code, true, null], name)
    await eventually(() => gateway.log.some((line) => line['requestId'] === problem.requestId && line['status'] === status))
  }
  const large = client.send([...but(':method', 'POST'), ['content-length', '20000000']], true)
  t.match(await client.answer(large), { status: 413, ended: true })
  t.equal(await client.resetOf(large), NO_ERROR, 'a body that is announced too large is not waited for')
  for (const [name, fields] of RESET) {
    const { status, reset } = await client.answer(client.send(fields))
    t.same([status, reset, client.goaway], [0, PROTOCOL_ERROR, null], name)
  }
  t.same(origin.seen, [])
  t.match(await client.answer(client.send(PSEUDO)), { status: 200, body: 'fine' }, 'the session is as good as before')
})
