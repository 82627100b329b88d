import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { inFlight } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { RawConnection, rawRequest } from '../support/raw-client.ts'
import { scrape } from '../support/metrics.ts'

const KIB = 1024
const upload = (path: string, fields: string, body = ''): string => `POST ${path} HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`
const chunk = (size: number, letter = 'x'): string => `${size.toString(16)}\r\n${letter.repeat(size)}\r\n`
const CHUNKED = 'Transfer-Encoding: chunked'

/** Two places, a deadline and a breaker that could notice: a slow upload must touch none of them. */
const document = (origin: string, total = '10s', bodyIdle = '30s'): string => `limits: { body: 100KiB }
clientTimeouts: { bodyIdle: ${bodyIdle}, minUploadRate: off }
upstreams:
  origin:
    endpoints: ["${origin}"]
    bulkhead: { maxConcurrent: 1, maxQueued: 0 }
    timeouts: { connect: 1s, total: ${total} }
routes:
  - { name: all, match: { path: /* }, upstream: origin }
  - { name: streamed, match: { path: /streamed }, upstream: origin, bufferRequestBody: off }
  - { name: little, match: { path: /little }, upstream: origin, bufferRequestBody: 1KiB }`

t.test('while a small body is on its way nothing is taken for it, and its time is not the upstream’s', async (t) => {
  const origin = await startRecordingOrigin(t, ({ body }, response) => response.end(String(body.length)))
  const clock = new FakeClock()
  const gateway = await startGateway(t, document(origin.url, '60ms'), { clock })
  const running = async () => (await scrape(gateway.adminUrl)).get('sallyport_bulkhead_running{upstream="origin",route=""}')

  for (const [name, head, rest] of [
    ['with a length', upload('/', 'Content-Length: 10', 'first'), ['-', 'last']],
    ['with its head alone', upload('/', 'Content-Length: 10'), ['0123456789']],
    ['in chunks', upload('/', CHUNKED, chunk(5)), [chunk(5), '0\r\n\r\n']]
  ] as const) {
    const client = await RawConnection.open(t, gateway.port)
    client.write(head)
    for (const piece of rest) {
      t.equal((await rawRequest(t, gateway.port, upload('/', 'Content-Length: 2', 'ok'))).status, 200, `${name}: others get the only place`)
      t.equal(await running(), 0, `${name}: no place is taken`)
      t.equal(await inFlight(gateway, 'origin'), 0, `${name}: no attempt runs`)
      clock.advance(100)
      client.write(piece)
    }
    const answer = await client.response()
    t.match({ status: answer.status, body: answer.body.toString() }, { status: 200, body: '10' }, `${name}: longer on its way than timeouts.total`)
  }
  t.equal(origin.seen.filter(({ body }) => body.length === 10).length, 3)
  t.equal(origin.accepted, 1, 'one connection did for all')
  const slow = gateway.log.filter((line) => line['msg'] === 'request' && line['requestBytes'] === 10)
  t.same(
    slow.map((line) => line['durationMs']),
    [200, 100, 200]
  )
  const overhead = (await scrape(gateway.adminUrl)).get('sallyport_http_overhead_seconds_sum{route="all"}')
  t.equal(overhead, 0, 'the time of a client is not that of the gateway')
})

t.test('a longer body streams as soon as the buffer is full, and arrives as it was sent', async (t) => {
  const origin = await startRecordingOrigin(t, ({ body }, response) => response.end(body))
  const gateway = await startGateway(t, document(origin.url))
  const { port } = gateway
  const client = await RawConnection.open(t, port)
  const body = Buffer.alloc(90 * KIB, 'abcdefghijk')
  client.write(upload('/', `Content-Length: ${body.length}`))
  client.write(body.subarray(0, 60 * KIB))
  t.equal((await rawRequest(t, port, upload('/', 'Content-Length: 2', 'ok'))).status, 200)
  t.equal(await inFlight(gateway, 'origin'), 0, '60 KiB of 64')
  client.write(body.subarray(60 * KIB, 70 * KIB))
  await eventually(async () => (await inFlight(gateway, 'origin')) === 1)
  client.write(body.subarray(70 * KIB))
  t.ok((await client.response()).body.equals(body))

  const streamed = await RawConnection.open(t, port)
  streamed.write(upload('/little', CHUNKED, chunk(KIB, 'a')))
  await eventually(async () => (await inFlight(gateway, 'origin')) === 1)
  streamed.write(`${chunk(2 * KIB, 'b')}0\r\n\r\n`)
  t.equal((await streamed.response()).body.toString(), 'a'.repeat(KIB) + 'b'.repeat(2 * KIB), 'the size is that of the route')
})

t.test('bodies of single bytes are gathered whole', async (t) => {
  const origin = await startRecordingOrigin(t, ({ body }, response) => response.end(body))
  const { port } = await startGateway(t, document(origin.url))
  const letters = Array.from({ length: 5_000 }, (_, i) => String.fromCharCode(97 + (i % 26)))
  const answer = await rawRequest(t, port, upload('/', CHUNKED, `${letters.map((letter) => chunk(1, letter)).join('')}0\r\n\r\n`))
  t.equal(answer.body.toString(), letters.join(''))
})

t.test('a body that is being gathered is bound by the rules of every body', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startGateway(t, document(origin.url, '10s', '500ms'))
  const { port } = gateway
  t.match(await rawRequest(t, port, upload('/', 'Content-Length: 10', 'half')), { status: 408 })
  t.match(await rawRequest(t, port, upload('/', CHUNKED, `${chunk(5)}nonsense`)), { status: 400 })
  const [invited, gone] = [await RawConnection.open(t, port), await RawConnection.open(t, port)]
  invited.write(upload('/', 'Content-Length: 2\r\nExpect: 100-continue'))
  t.equal((await invited.head()).status, 100, 'it is invited when the gathering begins')
  invited.write('ok')
  t.equal((await invited.response()).status, 200)
  gone.write(upload('/gone', 'Content-Length: 10', 'half'))
  await eventually(() => gone.socket.bytesWritten > 0)
  gone.destroy()
  const line = (path: string) => gateway.log.find((one) => one['msg'] === 'request' && one['path'] === path)
  await eventually(() => line('/gone') !== undefined)
  t.match(line('/gone'), { status: 499 })
  t.equal(line('/gone')?.['attempts'] ?? 0, 0)
  t.equal(origin.seen.length, 1, 'the upstream saw the whole one only')
})

t.test('off leaves the body to the upstream from its first byte', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(t, document(origin.url))
  const client = await RawConnection.open(t, port)
  client.write(upload('/streamed', 'Content-Length: 10', 'half'))
  await eventually(() => origin.connections === 1)
  client.destroy()
})
