import t from 'tap'
import { send } from '../support/client.ts'
import { startDefaultProxyProcess } from '../support/default-proxy.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startFixedOrigin } from '../support/origin.ts'

const ANSWER = 'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nContent-Length: 5\r\n\r\nhello'

t.test('an answer with Trailer and Content-Length ends the process of a default proxy', async (t) => {
  const origin = await startFixedOrigin(t, ANSWER)
  const proxy = await startDefaultProxyProcess(t, origin.url)
  await t.rejects(send(proxy.url))
  const { code, stderr } = await proxy.exited
  t.not(code, 0)
  t.match(stderr, 'ERR_HTTP_TRAILER_INVALID')
})

t.test('the gateway passes it on without the Trailer field, and lives', async (t) => {
  const origin = await startFixedOrigin(t, ANSWER)
  const { url } = await startGateway(t, passThrough(origin.url))
  for (let i = 0; i < 2; i++) {
    const answer = await send(url)
    t.equal(answer.text, 'hello')
    t.equal(answer.headers.trailer, undefined)
  }
})
