import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { type SeenRequest, startRecordingOrigin } from '../support/origin.ts'
import { field, fieldsOf, RawConnection, rawRequest } from '../support/raw-client.ts'

t.test('an HTTP/1.0 client gets a chunked answer up to the end of its connection', async (t) => {
  const origin = await startRecordingOrigin(t, (_request, response) => {
    response.write('one ')
    response.end('two')
  })
  const { port } = await startGateway(t, passThrough(origin.url))
  const response = await rawRequest(t, port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n')
  t.equal(field(response.fields, 'transfer-encoding'), undefined)
  t.equal(response.framing, 'close')
  t.equal(response.body.toString(), 'one two')
})

t.test('an HTTP/1.0 client with keep-alive and a length keeps its connection', async (t) => {
  const origin = await startRecordingOrigin(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 2 }).end('hi')
  })
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
  for (let i = 0; i < 2; i++) {
    client.write('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
    const response = await client.response()
    t.equal(response.body.toString(), 'hi')
    t.equal(field(response.fields, 'connection'), 'keep-alive')
  }
  const { rawHeaders } = origin.seen[0] as SeenRequest
  t.equal(fieldsOf(rawHeaders, 'host')[0], new URL(origin.url).host, 'the upstream has its Host all the same')
})
