import t from 'tap'
import { inFlight, metric } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { chunk, LAST_CHUNK, startEventStreams } from '../support/event-stream.ts'
import { accessLine } from '../support/websocket-pair.ts'

const active = 'sallyport_streams_active{kind="sse"}'

t.test('each event is with the client before the next one is sent, and the end of the stream is its end', async (t) => {
  const { gateway, open } = await startEventStreams(t)
  const { client, response } = await open()
  await eventually(async () => (await metric(gateway, active)) === 1)
  for (const event of ['data: 1\n\n', ': a comment\n\n', 'id: 7\nevent: x\ndata: two\ndata: lines\n\n', 'data: no end']) {
    response.write(event)
    t.equal((await client.bytes(chunk(event).length)).toString(), chunk(event))
  }
  response.end()
  t.equal((await client.bytes(5)).toString(), LAST_CHUNK)
  t.match(await accessLine(gateway), { status: 200, outcome: 'response', ended: 'upstream' })
  t.equal(await metric(gateway, active), 0)
})

t.test('a client that leaves is noticed by the upstream at once', async (t) => {
  const { gateway, open, origin } = await startEventStreams(t)
  const { client, response } = await open()
  response.write('data: 1\n\n')
  await client.bytes(chunk('data: 1\n\n').length)
  client.destroy()
  await eventually(() => origin.connections === 0)
  t.match(await accessLine(gateway), { status: 499, outcome: 'client-abort', ended: 'client' })
  t.equal(await metric(gateway, active), 0)
  t.equal(await inFlight(gateway, 'origin'), 0)
})

t.test('an upstream that breaks off is an error, and the client can tell', async (t) => {
  const { gateway, open } = await startEventStreams(t)
  const { client, response } = await open()
  response.write('data: 1\n\n')
  await client.bytes(chunk('data: 1\n\n').length)
  response.destroy()
  t.notMatch(await client.rest(), LAST_CHUNK)
  t.match(await accessLine(gateway), { outcome: 'truncated', ended: 'error' })
  t.equal(await metric(gateway, active), 0)
})

t.test('events in an answer with a length are no stream', async (t) => {
  const { gateway, open } = await startEventStreams(t, {}, { headers: { 'content-length': '18' } })
  const { client, response } = await open()
  response.write('data: 1\n\n')
  await client.bytes(9)
  t.equal(await metric(gateway, active), 0)
  response.end('data: 2\n\n')
  await client.bytes(9)
  t.notHas(await accessLine(gateway), { ended: 'upstream' })
})
