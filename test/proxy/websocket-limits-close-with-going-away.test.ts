import { once } from 'node:events'
import t, { type Test } from 'tap'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { metric } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { passThrough, type Teardown } from '../support/gateway.ts'
import { CLOSE, closeOf, closePayload, frame, MASK, PING, readFrame, TEXT } from '../support/websocket-frames.ts'
import { accessLine, type PairSource, startPairs, type WebSocketPair } from '../support/websocket-pair.ts'

const limited = (rules: string) => (url: string) => passThrough(url).replace('timeouts:', `websocket: ${rules}, timeouts:`)

async function start(t: Teardown, rules: string): Promise<PairSource & { readonly clock: FakeClock }> {
  const clock = new FakeClock()
  return { ...(await startPairs(t, limited(rules), { clock })), clock }
}

/** Both ends answer, as an endpoint does. */
function answer({ client, upstream }: WebSocketPair): void {
  client.write(frame(CLOSE, closePayload(1001), { mask: MASK }))
  upstream.write(frame(CLOSE, closePayload(1001)))
}

async function lastOnly(t: Test, pair: WebSocketPair): Promise<void> {
  pair.client.socket.end()
  pair.upstream.socket.end()
  t.equal(await pair.client.rest(), '')
  t.equal(await pair.upstream.rest(), '')
}

t.test('a WebSocket that is idle is closed at both ends, one with a byte in either direction is not', async (t) => {
  const { clock, open, gateway } = await start(t, '{ idle: 10m }')
  const pair = await open()
  for (const [from, to, mask] of [
    [pair.client, pair.upstream, MASK],
    [pair.upstream, pair.client, null]
  ] as const) {
    clock.advance(599_000)
    from.write(frame(PING, 'x', { mask }))
    t.equal((await readFrame(to)).opcode, PING)
  }
  clock.advance(599_999)
  t.same([pair.client.pending, pair.upstream.pending], [0, 0])
  clock.advance(1)
  const [toClient, toUpstream] = [await readFrame(pair.client), await readFrame(pair.upstream)]
  t.same(closeOf(toClient), { opcode: CLOSE, code: 1001, reason: 'idle for too long' })
  t.same(closeOf(toUpstream), { opcode: CLOSE, code: 1001, reason: 'idle for too long' })
  t.notOk(toClient.masked)
  t.ok(toUpstream.masked)
  answer(pair)
  await lastOnly(t, pair)
  t.match(await accessLine(gateway), { status: 101, ended: 'idle', durationMs: 599_000 * 2 + 600_000 })
  t.equal(await metric(gateway, 'sallyport_websocket_closed_total{reason="idle"}'), 1)
})

t.test('a WebSocket that is too old is closed at the end of its frames, however busy it is', async (t) => {
  const { clock, open, gateway } = await start(t, '{ idle: off, maxAge: 1h }')
  const pair = await open()
  const [down, up] = [frame(TEXT, 'x'.repeat(300)), frame(TEXT, 'y'.repeat(200), { mask: MASK })]
  pair.upstream.write(down.subarray(0, 100))
  pair.client.write(up.subarray(0, 3))
  await pair.client.bytes(100)
  await pair.upstream.bytes(3)
  clock.advance(3_600_000)
  // A frame is under way both ways: its rest comes first, and what stands behind it in the same piece comes no more.
  pair.upstream.write(Buffer.concat([down.subarray(100), frame(TEXT, 'too late')]))
  pair.client.write(Buffer.concat([up.subarray(3), frame(TEXT, 'too late', { mask: MASK })]))
  t.ok((await pair.client.bytes(204)).equals(down.subarray(100)))
  t.ok((await pair.upstream.bytes(up.length - 3)).equals(up.subarray(3)))
  t.same(closeOf(await readFrame(pair.client)), { opcode: CLOSE, code: 1001, reason: 'open for too long' })
  t.same(closeOf(await readFrame(pair.upstream)), { opcode: CLOSE, code: 1001, reason: 'open for too long' })
  answer(pair)
  await lastOnly(t, pair)
  t.match(await accessLine(gateway), { ended: 'age' })
})

t.test('ends that do not answer are waited for two seconds', async (t) => {
  const { clock, open, gateway } = await start(t, '{ idle: off, maxAge: 1h }')
  const { client, upstream } = await open()
  clock.advance(3_600_000)
  await readFrame(client)
  await readFrame(upstream)
  clock.advance(1_999)
  t.notOk(client.isClosed || upstream.isClosed)
  clock.advance(1)
  await Promise.all([client.closed(), upstream.closed()])
  t.match(await accessLine(gateway), { ended: 'age' })
})

t.test('an end that answers is let go at once, the other one keeps its time', async (t) => {
  const { clock, open, gateway } = await start(t, '{ idle: off, maxAge: 1h }')
  const { client, upstream } = await open()
  clock.advance(3_600_000)
  await readFrame(client)
  await readFrame(upstream)
  client.write(frame(CLOSE, closePayload(1001), { mask: MASK }))
  await client.closed()
  client.socket.end()
  await once(client.socket, 'close')
  // Answers of the same process: by then it has seen the end of the client, and its upstream that of the gateway.
  for (let i = 0; i < 3; i++) t.equal(await metric(gateway, 'sallyport_streams_active{kind="websocket"}'), 1)
  t.notOk(upstream.isClosed)
  upstream.write(frame(CLOSE, closePayload(1001)))
  await upstream.closed()
  upstream.socket.end()
  t.equal(upstream.pending, 0, "the client's Close is not passed on behind the gateway's")
})

t.test('where a Close has passed no second one follows', async (t) => {
  const { clock, open, gateway } = await start(t, '{ idle: off, maxAge: 1h }')
  const { client, upstream } = await open()
  client.write(frame(CLOSE, closePayload(1000, 'bye'), { mask: MASK }))
  t.same(closeOf(await readFrame(upstream)), { opcode: CLOSE, code: 1000, reason: 'bye' })
  clock.advance(3_600_000)
  t.same(closeOf(await readFrame(client)), { opcode: CLOSE, code: 1001, reason: 'open for too long' }, 'nobody has said it to the client yet')
  await client.closed()
  upstream.write(frame(CLOSE, closePayload(1000)))
  t.equal(await upstream.rest(), '')
  client.socket.end()
  upstream.socket.end()
  t.match(await accessLine(gateway), { ended: 'client' }, 'who said it first')
})

t.test('what is no WebSocket gets no Close, only its end', async (t) => {
  const { clock, open, gateway } = await start(t, '{ idle: 1h }')
  const { client, upstream } = await open()
  client.write('LIST\r\n')
  upstream.write('one\r\ntwo\r\n')
  await upstream.bytes(6)
  await client.bytes(10)
  clock.advance(3_600_000)
  t.equal(await client.rest(), '')
  t.equal(await upstream.rest(), '')
  client.socket.end()
  upstream.socket.end()
  t.match(await accessLine(gateway), { ended: 'idle' })
})

t.test('without limits nothing ends', async (t) => {
  const { clock, open, gateway } = await start(t, '{ idle: off }')
  const { client, upstream } = await open()
  clock.advance(30 * 86_400_000)
  client.write(frame(PING, '', { mask: MASK }))
  t.equal((await readFrame(upstream)).opcode, PING)
  t.equal(await metric(gateway, 'sallyport_streams_active{kind="websocket"}'), 1)
  client.destroy()
  upstream.destroy()
  await eventually(async () => (await metric(gateway, 'sallyport_streams_active{kind="websocket"}')) === 0)
})
