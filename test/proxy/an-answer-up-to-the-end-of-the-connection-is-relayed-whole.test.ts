import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRawOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'

for (const version of ['1.0', '1.1']) {
  t.test(`an HTTP/${version} answer that ends with its connection becomes chunked, and the client's connection lives`, async (t) => {
    const origin = await startRawOrigin(t, (socket) => {
      socket.once('data', () => socket.end(`HTTP/${version} 200 OK\r\n\r\n${'y'.repeat(100_000)}`))
    })
    const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
    for (let i = 0; i < 2; i++) {
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      const response = await client.response()
      t.equal(response.framing, 'chunked')
      t.equal(response.body.length, 100_000)
      t.ok(response.complete)
    }
  })
}
