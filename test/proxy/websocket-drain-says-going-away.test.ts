import type { Socket } from 'node:net'
import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { eventually } from '../support/client.ts'
import { compilePlan, document, passThrough, startGateway } from '../support/gateway.ts'
import { RawConnection } from '../support/raw-client.ts'
import { accept, startUpgradeOrigin, UPGRADE } from '../support/websocket.ts'
import { CLOSE, closeOf, closePayload, frame, MASK, readFrame, TEXT } from '../support/websocket-frames.ts'
import { accessLine, startPairs, type WebSocketPair } from '../support/websocket-pair.ts'

const GOING = { opcode: CLOSE, code: 1001, reason: 'the gateway is going away' }

function answer({ client, upstream }: WebSocketPair): void {
  answerWith(client, upstream)
}

function answerWith(client: RawConnection, upstream: RawConnection): void {
  client.write(frame(CLOSE, closePayload(1001), { mask: MASK }))
  upstream.write(frame(CLOSE, closePayload(1001)))
  client.socket.end()
  upstream.socket.end()
}

t.test('a gateway that stops says so at both ends of a WebSocket, and is gone when they have answered', async (t) => {
  const { open, gateway } = await startPairs(t)
  const pair = await open()
  const stopped = gateway.gateway.close()
  t.same(closeOf(await readFrame(pair.client)), GOING)
  t.same(closeOf(await readFrame(pair.upstream)), GOING)
  answer(pair)
  t.equal(await stopped, 0, 'nothing was cut')
  t.match(await accessLine(gateway), { status: 101, outcome: 'upgrade', ended: 'drain' })
})

t.test('it says so between two frames, and not to an end that has been told already', async (t) => {
  const { open, gateway } = await startPairs(t)
  const pair = await open()
  const down = frame(TEXT, 'x'.repeat(70_000))
  pair.upstream.write(down.subarray(0, 30_000))
  await pair.client.bytes(30_000)
  pair.upstream.socket.once('data', () => pair.upstream.write(Buffer.concat([down.subarray(30_000), frame(CLOSE, closePayload(1000))])))
  const stopped = gateway.gateway.close()
  t.same(closeOf(await readFrame(pair.upstream)), GOING)
  t.ok((await pair.client.bytes(down.length - 30_000)).equals(down.subarray(30_000)))
  t.same(closeOf(await readFrame(pair.client)), GOING, 'the Close that was behind the frame came too late')
  answer(pair)
  await stopped
  t.equal(await pair.client.rest(), '')
  t.equal(await pair.upstream.rest(), '')
})

t.test('ends that do not answer are cut at the drain limit at the latest', async (t) => {
  const clock = new FakeClock()
  const { open, gateway } = await startPairs(t, passThrough, { clock })
  const { client, upstream } = await open()
  const stopped = gateway.gateway.close()
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(1_000)
  t.same(closeOf(await readFrame(client)), GOING)
  clock.advance(999)
  t.notOk(client.isClosed || upstream.isClosed)
  clock.advance(1)
  await Promise.all([client.closed(), upstream.closed()])
  t.equal(await stopped, 1)
  t.match(await accessLine(gateway), { ended: 'drain' })
})

/** Each in the middle of its share of the time. */
const EVEN = { next: () => 0.5, id: () => '0123456789abcdef'.repeat(2) }

t.test('many are told one after the other, not more than 500 a second', async (t) => {
  const clock = new FakeClock()
  const { open, gateway } = await startPairs(t, passThrough, { clock, random: EVEN })
  const pairs = await Promise.all(Array.from({ length: 20 }, open))
  const stopped = gateway.gateway.close()
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(20)
  const told: WebSocketPair[] = []
  await eventually(() => {
    for (const pair of pairs) if (pair.client.pending > 0 && !told.includes(pair)) told.push(pair)
    return told.length >= 10
  })
  t.equal(told.length, 10)
  clock.advance(20)
  for (const { client } of pairs) t.same(closeOf(await readFrame(client)), GOING)
  for (const pair of pairs) answer(pair)
  t.equal(await stopped, 0)
})

t.test('during shutdown.delay WebSockets stay, and new ones are taken', async (t) => {
  const clock = new FakeClock()
  const { open, gateway } = await startPairs(t, passThrough, (url) => ({
    clock,
    random: EVEN,
    plan: compilePlan(document(passThrough(url)).replace('delay: 0s', 'delay: 5s'))
  }))
  const before = await open()
  const stopped = gateway.gateway.close()
  clock.advance(4_999)
  const after = await open()
  t.equal(before.client.pending, 0)
  clock.advance(1)
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(4)
  for (const pair of [before, after]) {
    t.same(closeOf(await readFrame(pair.client)), GOING)
    answer(pair)
  }
  t.equal(await stopped, 0)
})

t.test('one whose handshake is under way is told as soon as it is open', async (t) => {
  let answer = (): void => {}
  let upstream: RawConnection | null = null
  const origin = await startUpgradeOrigin(t, (request, socket) => {
    upstream = new RawConnection(socket as Socket)
    answer = () => socket.write(accept(request))
  })
  const gateway = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, gateway.port)
  client.write(`${UPGRADE}\r\n`)
  await eventually(() => upstream !== null)
  const stopped = gateway.gateway.close()
  await new Promise((resolve) => setImmediate(resolve))
  answer()
  t.equal((await client.response()).status, 101)
  t.same(closeOf(await readFrame(client)), GOING)
  answerWith(client, upstream as unknown as RawConnection)
  t.equal(await stopped, 0)
})
