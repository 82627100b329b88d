import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { inFlight } from '../support/admin.ts'
import { eventually, send } from '../support/client.ts'
import { chunk, LAST_CHUNK, startEventStreams } from '../support/event-stream.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { accessLine } from '../support/websocket-pair.ts'

t.test('an event stream may be silent for timeouts.stream, not only for timeouts.idle; then it is ended as a whole', async (t) => {
  const clock = new FakeClock()
  const { gateway, open, origin } = await startEventStreams(t, { clock }, { timeouts: 'idle: 5s, stream: 10m' })
  const { client, response } = await open()
  clock.advance(599_000)
  response.write(': still here\n\n')
  await client.bytes(chunk(': still here\n\n').length)
  clock.advance(599_999)
  t.equal(client.pending, 0)
  clock.advance(1)
  t.equal((await client.bytes(5)).toString(), LAST_CHUNK)
  t.match(await accessLine(gateway), { status: 200, outcome: 'response', ended: 'idle', code: undefined })
  const { endpoints } = (await send(`${gateway.adminUrl}/upstreams`)).json()[0] as { endpoints: { lastFailure: unknown }[] }
  t.same(
    endpoints.map(({ lastFailure }) => lastFailure),
    [null],
    'silence of an event stream is no fault of its endpoint'
  )
  t.ok(origin.connections <= 1)
})

t.test('other answers may be silent for timeouts.idle, also between their pieces', async (t) => {
  const clock = new FakeClock()
  const { gateway, open, origin } = await startEventStreams(t, { clock }, { headers: { 'content-type': 'application/x-ndjson' } })
  const { client, response } = await open()
  clock.advance(4_999)
  response.write('{}\n')
  await client.bytes(chunk('{}\n').length)
  clock.advance(4_999)
  response.write('{}\n')
  await client.bytes(chunk('{}\n').length)
  clock.advance(5_000)
  t.equal(await client.rest(), '', 'cut, so that nobody takes it for whole')
  t.match(await accessLine(gateway), { code: 'SP_UPSTREAM_IDLE_TIMEOUT', outcome: 'idle-timeout' })
  t.ok(origin.accepted > 0)
})

t.test('stream: off leaves an event stream alone', async (t) => {
  const clock = new FakeClock()
  const { open } = await startEventStreams(t, { clock }, { timeouts: 'idle: 5s, stream: off' })
  const { client, response } = await open()
  clock.advance(40 * 86_400_000)
  response.write('data: 1\n\n')
  t.equal((await client.bytes(chunk('data: 1\n\n').length)).toString(), chunk('data: 1\n\n'))
  client.destroy()
})

t.test("silence while the client takes nothing is not the endpoint's", async (t) => {
  const clock = new FakeClock()
  const { open } = await startEventStreams(t, { clock }, { headers: { 'content-type': 'text/plain' } })
  const { client, response } = await open()
  client.socket.pause()
  const piece = Buffer.alloc(1024 * 1024, 'x')
  for (let i = 0; i < 32; i++) response.write(piece)
  for (let turns = 0; turns < 200; turns++) await new Promise((resolve) => setImmediate(resolve))
  t.ok(response.writableLength > 0, 'held back')
  clock.advance(20_000)
  client.socket.resume()
  response.end()
  await client.bytes(32 * 1024 * 1024)
  client.destroy()
})

t.test('an answer that another try replaced does not hold its connection when its body stalls', async (t) => {
  const clock = new FakeClock()
  let asked = 0
  const origin = await startOrigin(t, (_request, response) => {
    if (++asked > 1) response.end('well')
    else response.writeHead(503, { 'content-length': '100' }).flushHeaders()
  })
  const document = passThrough(origin.url).replace('timeouts:', 'retry: { attempts: 1, on: [503], backoff: { base: 0ms, max: 0ms } }, timeouts:')
  const gateway = await startGateway(t, document, { clock })
  t.equal((await send(gateway.url)).text, 'well')
  t.equal(await inFlight(gateway, 'origin'), 1)
  clock.advance(5_000)
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
})
