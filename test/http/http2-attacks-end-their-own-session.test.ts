import t from 'tap'
import { eventually } from '../support/client.ts'
import { passThrough } from '../support/gateway.ts'
import { startHeldOrigin } from '../support/held-origin.ts'
import { connectHttp2, fetchHttp2 } from '../support/http2-client.ts'
import { startHttp2Gateway } from '../support/http2-gateway.ts'
import {
  block,
  CONTINUATION,
  END_HEADERS,
  END_STREAM,
  frame,
  HEADERS,
  PING,
  type RawFields,
  RawHttp2,
  RST_STREAM,
  SETTINGS,
  uint32
} from '../support/http2-raw.ts'
import { startRecordingOrigin } from '../support/origin.ts'

const GET: RawFields = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/'],
  [':authority', 'a']
]
const NOTHING = Buffer.alloc(0)
const times = (count: number, make: (i: number) => Buffer): Buffer => Buffer.concat(Array.from({ length: count }, (_one, i) => make(i)))
const open = (id: number): Buffer => frame(HEADERS, END_STREAM | END_HEADERS, id, block(GET))
const cancelled = (id: number): Buffer => Buffer.concat([open(id), frame(RST_STREAM, 0, id, uint32(8))])

/** Each in one write, without waiting for anything. */
const FLOODS: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['streams that are reset at once', times(1_000, (i) => cancelled(2 * i + 1))],
  ['streams beyond the limit', times(1_500, (i) => open(2 * i + 1))],
  [
    'a head without an end',
    Buffer.concat([frame(HEADERS, END_STREAM, 1, block(GET)), times(50, () => frame(CONTINUATION, 0, 1, block([['x-a', 'b']])))])
  ],
  ['settings', times(20_000, () => frame(SETTINGS, 0, 0, NOTHING))],
  ['pings', times(20_000, () => frame(PING, 0, 0, Buffer.alloc(8)))],
  ['frames of streams that never were', times(300, (i) => frame(0, 0, 2 * i + 1, NOTHING))]
]

t.test('a client that floods the gateway loses its session, and others are served on', async (t) => {
  const origin = await startRecordingOrigin(t, (_request, response) => void response.end('fine'))
  const gateway = await startHttp2Gateway(t, passThrough(origin.url))
  const other = connectHttp2(t, gateway.port)
  for (const [name, bytes] of FLOODS) {
    const attacker = await RawHttp2.open(t, gateway.port)
    attacker.socket.write(bytes)
    await attacker.over()
    t.pass(`${name}: the session is over`)
    t.match(await fetchHttp2(other), { status: 200, text: 'fine' }, `${name}: others are served`)
  }
  t.ok(
    gateway.log.some((line) => line['msg'] === 'a malformed request was refused'),
    'the operator is told'
  )
  t.equal(await gateway.gateway.close(), 0, 'nothing of them is left')
})

t.test('streams beyond limits.streams are refused, and may be sent again', async (t) => {
  const origin = await startHeldOrigin(t)
  const gateway = await startHttp2Gateway(t, `limits: { streams: 3 }\n${passThrough(origin.url)}`)
  const client = await RawHttp2.open(t, gateway.port)
  const streams = Array.from({ length: 5 }, () => client.send(GET))
  for (const stream of streams.slice(3)) t.match(await client.answer(stream), { status: 0, reset: 7 }, 'REFUSED_STREAM')
  await origin.arrived(3)
  origin.release()
  for (const stream of streams.slice(0, 3)) t.match(await client.answer(stream), { status: 200 })
  t.match(await client.answer(client.send(GET)), { status: 200 })
  t.equal(gateway.log.filter((line) => line['msg'] === 'request').length, 4)
})

t.test('a head far over the limits is reset with ENHANCE_YOUR_CALM, and the session stays', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startHttp2Gateway(t, `limits: { headers: 2KiB, headerCount: 10 }\n${passThrough(origin.url)}`)
  const client = await RawHttp2.open(t, gateway.port)
  t.match(await client.answer(client.send(GET)), { status: 200 })
  const fields: RawFields = [...GET, ...Array.from({ length: 10 }, (_one, i) => [`x-${i}`, 'x'.repeat(1000)] as const)]
  t.match(await client.answer(client.send(fields)), { status: 0, reset: 11 })
  t.match(await client.answer(client.send(fields.slice(0, 7))), { status: 431 }, 'a little over them is answered')
  t.match(await client.answer(client.send(GET)), { status: 200 })
  t.equal(origin.seen.length, 2)
  await eventually(() => client.goaway === null)
})
