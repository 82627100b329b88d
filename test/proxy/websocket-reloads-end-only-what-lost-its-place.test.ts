import t from 'tap'
import { metric } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { planWith } from '../support/plan.ts'
import { CLOSE, closeOf, closePayload, frame, MASK, PING, readFrame } from '../support/websocket-frames.ts'
import { startPairs, type WebSocketPair } from '../support/websocket-pair.ts'

const upstreamsOf = (url: string): string => `upstreams:
  origin: { endpoints: ["${url}"], websocket: { idle: 1h } }
  other: { endpoints: ["${url}"] }`

const both = (url: string): string => `${upstreamsOf(url)}
routes:
  - { name: one, match: { path: /pair-1 }, upstream: origin }
  - { name: two, match: { path: /pair-2 }, upstream: origin }
  - { name: three, match: { path: /pair-3 }, upstream: origin }
  - { name: spare, match: { path: /spare }, upstream: other }`

/** A ping through it arrives. */
async function isAlive({ client, upstream }: WebSocketPair): Promise<boolean> {
  client.write(frame(PING, 'are you there', { mask: MASK }))
  return (await readFrame(upstream)).payload.toString() === 'are you there'
}

t.test('a reload ends the WebSockets of routes that are gone or go elsewhere, and no others', async (t) => {
  const { open, gateway, originUrl } = await startPairs(t, both)
  const [stays, moves, goes] = [await open(), await open(), await open()]
  const reload = async (text: string): Promise<string> => (await gateway.gateway.reload(planWith(text, []))).result

  t.equal(await reload(both(originUrl)), 'unchanged')
  for (const pair of [stays, moves, goes]) t.ok(await isAlive(pair))

  // Other settings of everything that they came through.
  const changed = both(originUrl).replace('idle: 1h', 'idle: 2h').replace('upstream: origin }', 'upstream: origin, plugins: { request-id: {} } }')
  t.equal(await reload(`limits: { body: 1KiB }\n${changed}`), 'applied')
  for (const pair of [stays, moves, goes]) t.ok(await isAlive(pair))
  t.equal(await metric(gateway, 'sallyport_streams_active{kind="websocket"}'), 3)

  const without = changed
    .replace('  - { name: three, match: { path: /pair-3 }, upstream: origin }\n', '')
    .replace('/pair-2 }, upstream: origin', '/pair-2 }, upstream: other')
  t.equal(await reload(without), 'applied')
  for (const pair of [moves, goes]) {
    t.same(closeOf(await readFrame(pair.client)), { opcode: CLOSE, code: 1001, reason: 'the gateway is going away' })
    t.equal(closeOf(await readFrame(pair.upstream)).code, 1001)
    pair.client.write(frame(CLOSE, closePayload(1001), { mask: MASK }))
    pair.upstream.write(frame(CLOSE, closePayload(1001)))
    pair.client.socket.end()
    pair.upstream.socket.end()
  }
  await eventually(() => gateway.log.filter((line) => line['msg'] === 'request' && line['ended'] === 'drain').length === 2)
  t.ok(await isAlive(stays), 'over three reloads')
  t.equal(await metric(gateway, 'sallyport_streams_active{kind="websocket"}'), 1)
  stays.client.destroy()
  stays.upstream.destroy()
})

t.test('a WebSocket outlives its generation, is still ended by the stop of the gateway, and leaves nothing behind', async (t) => {
  const { open, gateway, originUrl } = await startPairs(t, both)
  const pair = await open()
  const short = both(originUrl).replace('/spare }', '/spare/* }')
  t.equal((await gateway.gateway.reload(planWith(short, []))).result, 'applied')
  // The limit of the old one is shutdown.drain.
  await eventually(() => gateway.gateway.generations === 1)
  t.ok(await isAlive(pair))
  const stopped = gateway.gateway.close()
  t.equal(closeOf(await readFrame(pair.client)).code, 1001)
  t.equal(closeOf(await readFrame(pair.upstream)).code, 1001)
  pair.client.write(frame(CLOSE, closePayload(1001), { mask: MASK }))
  pair.upstream.write(frame(CLOSE, closePayload(1001)))
  pair.client.socket.end()
  pair.upstream.socket.end()
  t.equal(await stopped, 0)
  t.same(gateway.gateway.stateKeys, [])
})
