import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { chunk, LAST_CHUNK, startEventStreams } from '../support/event-stream.ts'
import { accessLine } from '../support/websocket-pair.ts'

t.test('a gateway that stops ends event streams at once, so that their clients can come back elsewhere', async (t) => {
  const { gateway, open, origin } = await startEventStreams(t)
  const { client, response } = await open()
  response.write('data: 1\n\n')
  await client.bytes(chunk('data: 1\n\n').length)
  const stopped = gateway.gateway.close()
  t.equal(await client.rest(), LAST_CHUNK)
  t.equal(await stopped, 0)
  t.match(await accessLine(gateway), { status: 200, outcome: 'response', ended: 'drain' })
  t.equal(origin.connections, 0)
})

t.test('the event that is under way is finished first', async (t) => {
  const clock = new FakeClock()
  const { gateway, open } = await startEventStreams(t, { clock })
  const { client, response } = await open()
  for (const piece of ['data: one\r\n', 'data: more\r\n\r']) {
    response.write(piece)
    await client.bytes(chunk(piece).length)
  }
  const stopped = gateway.gateway.close()
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(10)
  t.equal(client.pending, 0, 'half an event would be thrown away')
  response.write('\n')
  t.equal(await client.rest(), chunk('\n') + LAST_CHUNK)
  t.equal(await stopped, 0)
})

t.test('one that never comes to an end of an event, or is compressed, is cut at the drain limit', async (t) => {
  for (const [headers, piece] of [
    [{}, 'data: half'],
    [{ 'content-encoding': 'gzip' }, 'data: 1\n\n']
  ] as const) {
    const clock = new FakeClock()
    const { gateway, open } = await startEventStreams(t, { clock }, { headers })
    const { client, response } = await open()
    response.write(piece)
    await client.bytes(chunk(piece).length)
    const stopped = gateway.gateway.close()
    await new Promise((resolve) => setImmediate(resolve))
    clock.advance(1_999)
    t.notOk(client.isClosed)
    clock.advance(1)
    t.equal(await client.rest(), '')
    t.equal(await stopped, 1)
    t.match(await accessLine(gateway), { ended: 'drain' })
  }
})
