import t from 'tap'
import { eventually } from '../support/client.ts'
import { fieldOf } from '../support/fields.ts'
import { passThrough } from '../support/gateway.ts'
import { connectHttp2, fetchHttp2, type Http2Answer } from '../support/http2-client.ts'
import { startHttp2Gateway } from '../support/http2-gateway.ts'
import { RawHttp2 } from '../support/http2-raw.ts'
import { type Origin, startRawOrigin } from '../support/origin.ts'

const ANSWERS: Readonly<Record<string, string>> = {
  '/fields':
    'HTTP/1.1 200 Odd \xe4\r\nX-Odd: \xe4\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Location: /a\r\nContent-Location: /b\r\n' +
    'Connection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nDate: Sat, 01 Jan 2000 00:00:00 GMT\r\nContent-Length: 4\r\n\r\nfine',
  '/trailers':
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Sum: \xe4\r\nConnection: x\r\n\r\n',
  '/early': 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLink: </b>\r\nConnection: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx',
  '/204': 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n',
  '/205': 'HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n',
  '/304': 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "a"\r\n\r\n',
  '/head': 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n',
  '/799': 'HTTP/1.1 799 Odd\r\nContent-Length: 4\r\n\r\nfine',
  '/short': 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf',
  '/cut': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  '/close': 'HTTP/1.1 200 OK\r\n\r\nuntil the end'
}

/** Each path gets its answer, byte for byte, and the end of its connection. */
function startAnswers(t: Parameters<typeof startRawOrigin>[0]): Promise<Origin> {
  return startRawOrigin(t, (socket) => {
    socket.on('error', () => {})
    socket.once('data', (chunk: Buffer) => {
      const [, path = ''] = chunk.toString('latin1').split(' ')
      socket.end(Buffer.from(ANSWERS[path] ?? '', 'latin1'))
    })
  })
}

t.test('whatever the upstream answers is a sound answer of HTTP/2, and what was cut off does not look whole', async (t) => {
  const origin = await startAnswers(t)
  const gateway = await startHttp2Gateway(t, passThrough(origin.url))
  const session = connectHttp2(t, gateway.port)
  const get = (path: string, method = 'GET'): Promise<Http2Answer> => fetchHttp2(session, { ':path': path, ':method': method })
  const whole = { ended: true, code: 0 }

  const fields = await get('/fields')
  t.match(fields, { status: 200, text: 'fine', ...whole })
  const names = fields.rawHeaders.filter((_text, i) => i % 2 === 0)
  t.same(names, [':status', 'x-odd', 'set-cookie', 'set-cookie', 'content-location', 'content-location', 'date', 'content-length', 'via'])
  t.same(fieldOf(fields.rawHeaders, 'x-odd'), ['\xe4'])
  t.same(fieldOf(fields.rawHeaders, 'date'), ['Sat, 01 Jan 2000 00:00:00 GMT'])
  t.same(fieldOf(fields.rawHeaders, 'via'), ['1.1 sallyport'], 'what the upstream spoke')

  t.match(await get('/trailers'), { status: 200, text: 'hello', trailers: { 'x-sum': '1, \xe4', connection: undefined }, ...whole })
  t.match(await get('/early'), { status: 200, text: 'x', interim: [{ ':status': 103, link: '</a>, </b>', connection: undefined }], ...whole })
  t.match(await get('/close'), { status: 200, text: 'until the end', ...whole })

  t.match(await get('/204'), { status: 204, text: '', headers: { 'content-length': undefined }, ...whole })
  t.match(await get('/205'), { status: 205, text: '', headers: { 'content-length': undefined }, ...whole })
  t.match(await get('/304'), { status: 304, text: '', headers: { 'content-length': '5', etag: '"a"' }, ...whole })
  t.match(await get('/head', 'HEAD'), { status: 200, text: '', headers: { 'content-length': '5' }, ...whole })
  t.match(await get('/799'), { status: 502, text: 'fine', ...whole }, 'HTTP/2 has no such status')
  t.match(await get('/none', 'HEAD'), { status: 502, text: '', ...whole }, 'a problem without its content')

  for (const path of ['/short', '/cut']) {
    t.match(await get(path), { status: 200, text: 'half', ended: false, code: 2 }, `${path} ends with INTERNAL_ERROR`)
    await eventually(() => gateway.log.some((line) => line['path'] === path && line['code'] === 'SP_UPSTREAM_RESET'))
  }
  t.match(await get('/close'), { status: 200, ...whole }, 'on the same session')
  t.equal(session.closed, false)

  const client = await RawHttp2.open(t, gateway.port)
  for (const path of ['/short', '/cut']) {
    const stream = client.send([
      [':method', 'GET'],
      [':scheme', 'https'],
      [':path', path],
      [':authority', 'a']
    ])
    t.match(await client.answer(stream), { status: 200, body: 'half', ended: false, reset: 2 }, `${path} has no end before its error`)
  }
})
