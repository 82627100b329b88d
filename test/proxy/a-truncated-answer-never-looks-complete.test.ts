import t from 'tap'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRawOrigin } from '../support/origin.ts'
import { rawRequest } from '../support/raw-client.ts'

const BIG = 'x'.repeat(200_000)
const CASES: readonly [string, string][] = [
  ['with a length', `HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n${BIG}`],
  ['with chunks', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${(200_000).toString(16)}\r\n${BIG}\r\n`],
  ['in the middle of a chunk', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${(300_000).toString(16)}\r\n${BIG}`]
]

for (const ending of ['end', 'resetAndDestroy'] as const) {
  for (const [name, answer] of CASES) {
    t.test(`an answer ${name} that breaks off (${ending}) cuts the client's connection`, async (t) => {
      const origin = await startRawOrigin(t, (socket) => {
        socket
          .on('error', () => {})
          .once('data', () =>
            socket.write(answer, () => {
              setImmediate(() => socket[ending]())
            })
          )
      })
      const gateway = await startGateway(t, passThrough(origin.url))
      const response = await rawRequest(t, gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n').catch(() => null)
      // Either it was seen to break before the head left, or the body is not whole.
      t.ok(response === null || response.status === 502 || !response.complete)
      await eventually(() => gateway.log.some((line) => line.msg === 'request'))
      t.match(
        gateway.log.find((line) => line.msg === 'request'),
        { code: /^SP_UPSTREAM_(RESET|PROTOCOL)$/ }
      )
    })
  }
}
