import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startFixedOrigin } from '../support/origin.ts'
import { field, rawRequest } from '../support/raw-client.ts'

const FIELDS = 'Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n'
const BODY = '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n'

// Node throws ERR_HTTP_TRAILER_INVALID for a Trailer field in each of these, out of the reach of any handler.
const CASES: readonly [name: string, request: string, answer: string, status: number][] = [
  ['to an HTTP/1.0 client', 'GET / HTTP/1.0\r\n\r\n', `HTTP/1.1 200 OK\r\n${FIELDS}${BODY}`, 200],
  ['to HEAD', 'HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', `HTTP/1.1 200 OK\r\n${FIELDS}`, 200],
  ['with 304', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', `HTTP/1.1 304 Not Modified\r\n${FIELDS}`, 304],
  ['with 204', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', `HTTP/1.1 204 No Content\r\n${FIELDS}`, 204]
]

for (const [name, request, answer, status] of CASES) {
  t.test(`a Trailer field ${name} is left out, twice over`, async (t) => {
    const origin = await startFixedOrigin(t, answer)
    const { port } = await startGateway(t, passThrough(origin.url))
    for (let i = 0; i < 2; i++) {
      const response = await rawRequest(t, port, request, request.startsWith('HEAD'))
      t.equal(response.status, status)
      t.equal(field(response.fields, 'trailer'), undefined)
    }
  })
}
