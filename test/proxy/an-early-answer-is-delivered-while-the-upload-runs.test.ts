import t from 'tap'
import { eventually } from '../support/client.ts'
import { inFlight } from '../support/admin.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { field, RawConnection } from '../support/raw-client.ts'

t.test('a small rest of an upload is thrown away, and the connection is used again', async (t) => {
  const origin = await startOrigin(t, (request, response) => {
    request.once('data', () => response.writeHead(403, { 'content-length': 4 }).end('stop'))
  })
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url, '    bufferRequestBody: off'))).port)
  for (let i = 0; i < 2; i++) {
    client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nstart')
    t.equal((await client.response()).status, 403)
    client.write('-rest')
  }
})

t.test('an upstream that answers before it has the whole body is heard', async (t) => {
  const origin = await startOrigin(t, (request, response) => {
    request.once('data', () => response.writeHead(403, { 'content-length': 4, connection: 'close' }).end('stop'))
  })
  const gateway = await startGateway(t, passThrough(origin.url, '    bufferRequestBody: off'))
  const client = await RawConnection.open(t, gateway.port)
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nstart')
  const response = await client.response()
  t.equal(response.status, 403)
  t.equal(response.body.toString(), 'stop')
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
  await eventually(() => origin.connections === 0)
  t.equal(field(response.fields, 'connection'), 'close', 'nobody reads the rest')
  await client.closed()
})
