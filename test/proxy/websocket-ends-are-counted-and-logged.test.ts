import { once } from 'node:events'
import t, { type Test } from 'tap'
import { metric } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { CLOSE, closeOf, closePayload, frame, MASK, readFrame, TEXT } from '../support/websocket-frames.ts'
import { type PairSource, startPairs, type WebSocketPair } from '../support/websocket-pair.ts'

const active = 'sallyport_streams_active{kind="websocket"}'
const said = (reason: string): string => `sallyport_websocket_closed_total{reason="${reason}"}`

/** By the reason that has to be counted. */
const ENDS: readonly [string, string, (pair: WebSocketPair) => unknown][] = [
  ['client', 'the client says Close', ({ client }) => client.write(frame(CLOSE, closePayload(1000), { mask: MASK }))],
  ['client', 'the client closes without a word', ({ client }) => client.socket.end()],
  ['upstream', 'the upstream says Close', ({ upstream }) => upstream.write(frame(CLOSE, closePayload(1011, 'oops')))],
  ['upstream', 'the upstream closes without a word', ({ upstream }) => upstream.socket.end()],
  ['error', 'the client resets', ({ client }) => client.socket.resetAndDestroy()],
  ['error', 'the upstream resets', ({ upstream }) => upstream.socket.resetAndDestroy()]
]

async function play(t: Test, source: PairSource, [reason, what, end]: (typeof ENDS)[number]): Promise<void> {
  const { gateway } = source
  const pair = await source.open()
  const { client, upstream } = pair
  const before = await metric(gateway, said(reason))
  const lines = gateway.log.filter((line) => line['msg'] === 'request').length
  t.equal(await metric(gateway, active), 1)
  const [up, down] = [frame(TEXT, 'abc', { mask: MASK }), frame(TEXT, 'defgh')]
  client.write(up)
  upstream.write(down)
  await upstream.bytes(up.length)
  await client.bytes(down.length)
  end(pair)
  // Each end closes when the other one does, as endpoints do, after the Close has passed where there is one.
  await eventually(() => client.pending > 0 || upstream.pending > 0 || client.isClosed || upstream.isClosed)
  client.socket.end()
  upstream.socket.end()
  await eventually(() => gateway.log.filter((line) => line['msg'] === 'request').length === lines + 1)
  const line = gateway.log.findLast((one) => one['msg'] === 'request') ?? {}
  t.match(line, { status: 101, outcome: 'upgrade', ended: reason, route: 'all' }, what)
  t.ok(Number(line['requestBytes']) >= up.length && Number(line['responseBytes']) >= down.length, 'bytes both ways')
  t.ok(Number(line['durationMs']) > 0)
  t.equal(await metric(gateway, said(reason)), before + 1, what)
  t.equal(await metric(gateway, active), 0)
}

t.test('who ended a WebSocket is counted and stands in its access line', async (t) => {
  const source = await startPairs(t)
  for (const end of ENDS) await play(t, source, end)
})

t.test('after one side has closed the other one may finish what it has to say', async (t) => {
  const { open, gateway } = await startPairs(t)
  const { client, upstream } = await open()
  client.socket.end(frame(TEXT, 'last words', { mask: MASK }))
  t.equal((await readFrame(upstream)).payload.toString(), 'last words')
  await upstream.closed()
  upstream.write(frame(TEXT, 'an answer'))
  upstream.socket.end(frame(CLOSE, closePayload(1000)))
  t.equal((await readFrame(client)).payload.toString(), 'an answer')
  t.same(closeOf(await readFrame(client)), { opcode: CLOSE, code: 1000, reason: '' })
  await client.closed()
  await eventually(() => gateway.log.some((line) => line['msg'] === 'request' && line['ended'] === 'client'))
})

t.test('a reset in the midst of a frame harms no other WebSocket', async (t) => {
  const { open } = await startPairs(t)
  const [broken, whole] = [await open(), await open()]
  broken.client.write(frame(TEXT, 'x'.repeat(1000), { mask: MASK }).subarray(0, 500))
  await broken.upstream.bytes(500)
  broken.client.socket.resetAndDestroy()
  await broken.upstream.closed()
  broken.upstream.socket.end()
  whole.client.write(frame(TEXT, 'still here', { mask: MASK }))
  t.equal((await readFrame(whole.upstream)).payload.toString(), 'still here')
  whole.client.socket.end()
  whole.upstream.socket.end()
  await once(whole.client.socket, 'close')
})
