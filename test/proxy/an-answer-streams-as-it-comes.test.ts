import type { ServerResponse } from 'node:http'
import t from 'tap'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { field, RawConnection } from '../support/raw-client.ts'

t.test('the head of an event stream and each event leave at once, the bytes of its fields untouched', async (t) => {
  let response: ServerResponse | undefined
  const origin = await startOrigin(t, (_request, given) => {
    given.writeHead(200, ['Content-Type', 'text/event-stream', 'X-Name', 'Gr\u00fc\u00dfe'])
    given.flushHeaders()
    response = given
  })
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
  client.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n')
  const head = await client.head()
  t.equal(field(head.fields, 'transfer-encoding'), 'chunked')
  t.equal(
    Buffer.from(field(head.fields, 'x-name') ?? '', 'latin1').toString('hex'),
    Buffer.from('Gr\u00fc\u00dfe').toString('hex'),
    'as Node of the origin wrote it'
  )
  for (const event of ['data: 1\n\n', 'data: 22\n\n']) {
    response?.write(event)
    const framed = `${event.length.toString(16)}\r\n${event}\r\n`
    t.equal((await client.bytes(framed.length)).toString(), framed)
  }
  client.destroy()
  await eventually(() => origin.connections === 0)
})
