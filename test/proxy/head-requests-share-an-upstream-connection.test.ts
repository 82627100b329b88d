import t from 'tap'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { field, RawConnection, rawRequest } from '../support/raw-client.ts'

const HEAD = 'HEAD /file HTTP/1.1\r\nHost: a\r\n\r\n'
const origin = (t: Parameters<typeof startOrigin>[0]) =>
  startOrigin(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 1234 }).end()
  })

t.test('a default proxy closes the upstream connection after each HEAD', async (t) => {
  const upstream = await origin(t)
  const { port } = await startDefaultProxy(t, upstream.url)
  for (let i = 0; i < 2; i++) await rawRequest(t, port, HEAD, true)
  t.equal(upstream.accepted, 2)
})

t.test('the gateway uses one connection for all, and keeps Content-Length', async (t) => {
  const upstream = await origin(t)
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(upstream.url))).port)
  for (let i = 0; i < 3; i++) {
    client.write(HEAD)
    const response = await client.response(true)
    t.equal(field(response.fields, 'content-length'), '1234')
  }
  t.equal(client.pending, 0, 'no body follows')
  t.equal(upstream.accepted, 1)
})
