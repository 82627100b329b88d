import t from 'tap'
import { inFlight } from '../support/admin.ts'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startScriptedOrigin } from '../support/scripted-origin.ts'

const head = (fields: string, line = 'HTTP/1.1 200 OK'): string => `${line}\r\n${fields}\r\n\r\nhi`
const CHUNKS = '\r\n\r\n2\r\nhi\r\n0\r\n\r\n'

const LINES = [
  'hello',
  'GET / HTTP/1.1',
  'HTTP/1.1',
  'HTTP/1.1 20 OK',
  'HTTP/1.1 2000 OK',
  'HTTP/1.1 abc OK',
  'HTTP/1.1 +20 OK',
  'HTTP/1.1 000 OK',
  'HTTP/1.1 099 OK',
  'HTTP/1.1  200 OK',
  'HTTP/1.1 200OK',
  'HTTP/1.1 200 O\0K',
  'HTTP/1.1 200 O\rK',
  'HTTP/1.1 200 OK\r\rX-A: b',
  'HTTP/1.1 200 \r\rX-A: b',
  'HTTP/1.1 200\r\rX-A: b',
  'HTTP/1.1 200 OK\r',
  'HTTP/1.1 103 OK\r\rX-A: b\r\n\r\nHTTP/1.1 200 OK',
  'HTTP/1.1 200 OK\nX-A: b',
  'HTTP/1.1 200 \x01',
  'HTTP/1.1 200 \x7f',
  'http/1.1 200 OK',
  ' HTTP/1.1 200 OK',
  'HTTP/0.9 200 OK',
  'HTTP/1.2 200 OK',
  'HTTP/2.0 200 OK',
  'RTSP/1.0 200 OK',
  'ICY 200 OK'
]
const FIELDS = [
  ': x',
  'X-A',
  'X-A : x',
  'X-A\t: x',
  'X A: x',
  'X\0A: x',
  'X\x80A: x',
  'X(A): x',
  'X\rA: x',
  ' X-A: x',
  'X-A: \0',
  'X-A: \x01',
  'X-A: \x7f',
  'X-A: x\ry',
  'X-A: x\nX-B: y',
  'X-A: x\r\n folded'
]
const LENGTHS = ['', '+2', '-2', '-0', '0x2', '2,2', '2, 2', '2 2', '2.0', '2_', 'two', '18446744073709551618', '99999999999999999999']
const CODINGS = ['', 'gzip', 'gzip, chunked', 'identity', 'chunked, chunked', 'chunked, gzip', 'chunked;a', ',chunked', 'xchunked', '\x0bchunked']

const ANSWERS: readonly (readonly [name: string, answer: string])[] = [
  ...LINES.map((line) => [`the status line ${JSON.stringify(line)}`, head('Content-Length: 2', line)] as const),
  ...FIELDS.map((field) => [`the field ${JSON.stringify(field)}`, head(`${field}\r\nContent-Length: 2`)] as const),
  ...LENGTHS.map((length) => [`the length ${JSON.stringify(length)}`, head(`Content-Length: ${length}`)] as const),
  ...CODINGS.map((coding) => [`the coding ${JSON.stringify(coding)}`, `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${coding}${CHUNKS}`] as const),
  ['two equal lengths', head('Content-Length: 2\r\nContent-Length: 2')],
  ['two different lengths', head('Content-Length: 2\r\nContent-Length: 3')],
  ['a length and chunks', `HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked${CHUNKS}`],
  ['chunks and a length', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5${CHUNKS}`],
  ['a length and a coding that is none', head('Content-Length: 2\r\nTransfer-Encoding: identity')],
  ['chunked twice', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked${CHUNKS}`],
  ['gzip and chunked', `HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked${CHUNKS}`],
  // RFC 9112 section 6.1.
  ['chunks in HTTP/1.0', `HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked${CHUNKS}`],
  ['lines that end in LF', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nhi'],
  ['a field without end', `HTTP/1.1 200 OK\r\nX-A: ${'x'.repeat(70_000)}`],
  ['fields without end', `HTTP/1.1 200 OK\r\n${`X-A: ${'x'.repeat(100)}\r\n`.repeat(1000)}`],
  ['an interim answer without end', `HTTP/1.1 103 Early Hints\r\n${`X-A: ${'x'.repeat(100)}\r\n`.repeat(1000)}`],
  ['a switch of protocols nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'],
  ['a switch of protocols without a name', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['an interim answer with content', 'HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\nhiHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n']
]

t.test('each is answered 502, its connection is not used again, and the next request is fine', async (t) => {
  const origin = await startScriptedOrigin(t)
  const gateway = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"], retry: { attempts: 0 } } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  )
  for (const [name, answer] of ANSWERS) {
    // The good one first: a connection that has proved itself must go too.
    t.equal((await send(`${gateway.url}/good`)).text, 'good')
    origin.script = answer
    const response = await send(`${gateway.url}/bad`)
    t.same(
      [response.status, response.json().code, response.headers['proxy-status']],
      [502, 'SP_UPSTREAM_PROTOCOL', 'sallyport; error=http_protocol_error; details="SP_UPSTREAM_PROTOCOL"'],
      name
    )
    t.equal((await send(`${gateway.url}/good`)).text, 'good', `${name}: the next one`)
    const [bad, good] = origin.requests.slice(-2)
    t.not(bad?.connection, good?.connection, `${name}: on another connection`)
    await eventually(() => origin.connections === 1)
  }
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
  t.equal(origin.requests.filter(({ path }) => path === '/bad').length, ANSWERS.length, 'one connection each')
})

const ODD_BUT_VALID: readonly string[] = [
  'HTTP/1.1 200',
  'HTTP/1.1 200 ',
  'HTTP/1.1 200 a\tb  c',
  'HTTP/1.0 200 OK',
  '\r\nHTTP/1.1 200 OK',
  'HTTP/1.1 599 x',
  'HTTP/1.1 999 x'
]

t.test('what is only odd is relayed', async (t) => {
  const origin = await startScriptedOrigin(t)
  const { url } = await startGateway(t, passThrough(origin.url))
  for (const line of ODD_BUT_VALID) {
    origin.script = head('X-A:\x80\r\ncontent-LENGTH:\t002 ', line)
    const response = await send(`${url}/odd`)
    t.same([response.status, response.text], [Number(/ (\d{3})/.exec(line)?.[1]), 'hi'], line)
  }
})
