import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startFixedOrigin } from '../support/origin.ts'
import { field, rawRequest } from '../support/raw-client.ts'

t.test('a 204 with Content-Length reaches the client without it', async (t) => {
  const origin = await startFixedOrigin(t, 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nX-A: 1\r\n\r\n')
  const { port } = await startGateway(t, passThrough(origin.url))
  const response = await rawRequest(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  t.equal(response.status, 204)
  t.equal(field(response.fields, 'content-length'), undefined)
  t.equal(field(response.fields, 'transfer-encoding'), undefined)
  t.equal(field(response.fields, 'x-a'), '1')
})
