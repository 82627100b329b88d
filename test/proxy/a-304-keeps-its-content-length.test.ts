import t from 'tap'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startFixedOrigin } from '../support/origin.ts'
import { field, RawConnection, rawRequest } from '../support/raw-client.ts'

const REQUEST = 'GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: "x"\r\n\r\n'
const ANSWER = 'HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\nETag: "x"\r\n\r\n'

t.test('a default proxy answers 500', async (t) => {
  const origin = await startFixedOrigin(t, ANSWER)
  t.equal((await rawRequest(t, (await startDefaultProxy(t, origin.url)).port, REQUEST)).status, 500)
})

t.test('the gateway passes it on, and the connection goes on', async (t) => {
  const origin = await startFixedOrigin(t, ANSWER)
  const { port } = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, port)
  for (let i = 0; i < 2; i++) {
    client.write(REQUEST)
    const response = await client.response()
    t.equal(response.status, 304)
    t.equal(field(response.fields, 'content-length'), '1234')
    t.equal(field(response.fields, 'etag'), '"x"')
  }
})
