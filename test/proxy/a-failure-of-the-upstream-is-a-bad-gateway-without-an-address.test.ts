import { once } from 'node:events'
import net, { type AddressInfo } from 'node:net'
import t from 'tap'
import { send } from '../support/client.ts'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway, type Teardown } from '../support/gateway.ts'
import { startRawOrigin } from '../support/origin.ts'

/** An address that nobody listens on. */
async function refusing(): Promise<string> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return `http://127.0.0.1:${port}`
}

const resetting = async (t: Teardown) =>
  (
    await startRawOrigin(t, (socket) => {
      socket.on('error', () => {}).once('data', () => socket.resetAndDestroy())
    })
  ).url

const closing = async (t: Teardown) =>
  (
    await startRawOrigin(t, (socket) => {
      socket.once('data', () => socket.end())
    })
  ).url

t.test('a default proxy answers 500 and tells the address', async (t) => {
  const refused = await send((await startDefaultProxy(t, await refusing())).url)
  t.equal(refused.status, 500)
  t.match(refused.text, /ECONNREFUSED 127\.0\.0\.1:\d+/)
  const reset = await send((await startDefaultProxy(t, await resetting(t))).url)
  t.equal(reset.status, 500)
})

const CASES: readonly [string, (t: Teardown) => Promise<string>, number, string, string][] = [
  ['refused', refusing, 502, 'SP_UPSTREAM_CONNECT', 'connection_refused'],
  ['reset', resetting, 502, 'SP_UPSTREAM_RESET', 'connection_terminated'],
  ['closed without an answer', closing, 502, 'SP_UPSTREAM_RESET', 'connection_terminated']
]

for (const [name, upstream, status, code, cause] of CASES) {
  t.test(`the gateway answers ${status} ${code} when a connection is ${name}`, async (t) => {
    const { url } = await startGateway(t, passThrough(await upstream(t)))
    const answer = await send(url)
    t.equal(answer.status, status)
    t.equal(answer.headers['content-type'], 'application/problem+json')
    t.equal(answer.headers['proxy-status'], `sallyport; error=${cause}; details="${code}"`)
    t.match(answer.json(), { status, code, requestId: /./ })
    t.notMatch(answer.text, /127\.0\.0\.1|ECONN|socket|undici|other side/i)
  })
}
