import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import t, { type Test } from 'tap'
import { inFlight } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { passThrough, type TestGateway } from '../support/gateway.ts'
import { connectHttp2, fetchHttp2 } from '../support/http2-client.ts'
import { startHttp2Gateway } from '../support/http2-gateway.ts'
import { RawHttp2, type RawFields } from '../support/http2-raw.ts'
import { startOrigin } from '../support/origin.ts'

const head = (method: string, path: string, ...more: RawFields): RawFields => [
  [':method', method],
  [':scheme', 'https'],
  [':path', path],
  [':authority', 'a'],
  ...more
]
const NO_ERROR = 0
const PROTOCOL_ERROR = 1
const CANCEL = 8

async function settled(t: Test, gateway: TestGateway, path: string): Promise<void> {
  await eventually(() => gateway.log.some((line) => line['msg'] === 'request' && line['path'] === path))
  const lines = gateway.log.filter((line) => line['msg'] === 'request' && line['path'] === path)
  t.match(lines, [{ status: 499, outcome: 'client-abort' }], path)
  t.equal(lines.length, 1, 'one line')
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
}

t.test('a request that its client gives up is aborted upstream, is logged as 499, and looks complete to nobody', async (t) => {
  const ends = new Map<string, string>()
  const arrived = new Map<string, IncomingMessage>()
  const origin = await startOrigin(t, (request, response) => {
    const path = request.url ?? ''
    arrived.set(path, request)
    if (path === '/fine') return void response.end('fine')
    if (path.startsWith('/answering')) response.writeHead(200).write('half')
    request
      .on('end', () => ends.set(path, 'end'))
      .on('error', () => ends.set(path, 'aborted'))
      .resume()
    response.on('close', () => {
      if (!ends.has(path) || ends.get(path) === 'end') ends.set(path, `${ends.get(path) ?? ''} closed`)
    })
  })
  const gateway = await startHttp2Gateway(t, passThrough(origin.url, '    bufferRequestBody: off'))
  const client = await RawHttp2.open(t, gateway.port)

  for (const [path, more, code] of [
    ['/chunked', [], CANCEL],
    ['/chunked-no-error', [], NO_ERROR],
    ['/length', [['content-length', '100']], CANCEL]
  ] as [string, RawFields, number][]) {
    const stream = client.send(head('POST', path, ...more), true)
    client.data(stream, 'half', false)
    await eventually(() => arrived.has(path))
    client.reset(stream, code)
    await settled(t, gateway, path)
    await eventually(() => ends.has(path))
    t.equal(ends.get(path), 'aborted', path)
  }

  for (const [path, body, reset] of [
    ['/too-little', 'ab', PROTOCOL_ERROR],
    // Node ends the whole session for this one.
    ['/too-much', 'much more than said', null]
  ] as const) {
    const liar = await RawHttp2.open(t, gateway.port)
    const stream = liar.send(head('POST', path, ['content-length', '10']), true)
    liar.data(stream, 'a', false)
    await eventually(() => arrived.has(path))
    liar.data(stream, body)
    t.match(await liar.answer(stream), { status: 0, reset, ended: false }, 'a length that the frames disagree with is malformed')
    t.equal(liar.closed, reset === null)
    await settled(t, gateway, path)
    await eventually(() => ends.has(path))
    t.equal(ends.get(path), 'aborted', path)
  }

  for (const method of ['GET', 'HEAD']) {
    const path = `/before-the-head-${method}`
    const stream = client.send(head(method, path))
    await eventually(() => arrived.has(path))
    client.reset(stream, CANCEL)
    await settled(t, gateway, path)
    await eventually(() => ends.get(path) === 'end closed')
  }

  const answering = client.send(head('GET', '/answering'))
  await eventually(() => arrived.has('/answering'))
  await eventually(() => gateway.log.length > 0)
  client.reset(answering, CANCEL)
  await settled(t, gateway, '/answering')

  t.match(await client.answer(client.send(head('GET', '/fine'))), { status: 200, body: 'fine' }, 'the session is as good as before')

  const uploading = client.send(head('POST', '/connection'), true)
  client.data(uploading, 'half', false)
  await eventually(() => arrived.has('/connection'))
  client.socket.destroy()
  await settled(t, gateway, '/connection')
  await eventually(() => ends.get('/connection') === 'aborted')
})

t.test('an answer that comes before the end of its upload ends the upload, and not the session', async (t) => {
  const origin = await startOrigin(t, (request, response) => {
    request.on('error', () => {})
    if (request.url === '/chunked') response.write('early ')
    response.end('answer')
  })
  const gateway = await startHttp2Gateway(t, `${passThrough(origin.url, '    bufferRequestBody: off\n')}limits: { body: 10KiB }`)
  const session = connectHttp2(t, gateway.port)
  for (const path of ['/', '/chunked']) {
    const stream = session.request({ ':method': 'POST', ':path': path })
    stream.on('error', () => {}).resume()
    stream.write('half')
    await once(stream, 'close')
    t.equal(stream.rstCode, NO_ERROR, 'RFC 9113 section 8.1')
    await eventually(() => gateway.log.some((line) => line['path'] === path && line['status'] === 200))
  }
  t.match(await fetchHttp2(session, { ':method': 'POST' }, Buffer.alloc(1_000_000)), { status: 413 })
  t.match(await fetchHttp2(session, {}), { status: 200 })
  t.equal(session.closed, false)
})
