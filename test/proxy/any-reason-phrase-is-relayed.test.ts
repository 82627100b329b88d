import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startFixedOrigin } from '../support/origin.ts'
import { rawRequest } from '../support/raw-client.ts'

// Node throws for a character above 0xff in a reason phrase, out of the reach of any handler.
for (const reason of ['', 'Sehr gut', 'a\tb', 'Gr\u00fc\u00dfe', '\u20ac 5', '\u{1f600}']) {
  t.test(`the UTF-8 bytes of ${JSON.stringify(reason)} arrive`, async (t) => {
    const origin = await startFixedOrigin(t, Buffer.from(`HTTP/1.1 200 ${reason}\r\nContent-Length: 0\r\n\r\n`))
    const { port } = await startGateway(t, passThrough(origin.url))
    const response = await rawRequest(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    t.equal(Buffer.from(response.reason, 'latin1').toString(), reason)
  })
}

t.test('bytes that are no UTF-8 do no harm', async (t) => {
  const origin = await startFixedOrigin(t, Buffer.from('HTTP/1.1 200 Gr\xfc\xdfe\r\nContent-Length: 0\r\n\r\n', 'latin1'))
  const { port } = await startGateway(t, passThrough(origin.url))
  for (let i = 0; i < 2; i++) t.equal((await rawRequest(t, port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')).status, 200)
})
