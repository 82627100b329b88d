import t from 'tap'
import { inFlight } from '../support/admin.ts'
import { eventually, send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { rawRequest } from '../support/raw-client.ts'
import { startScriptedOrigin } from '../support/scripted-origin.ts'

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'

const BROKEN: readonly string[] = [
  ...['-2', '+2', '0x2', '2_', ' 2', '2 ', 'zz', '', '10000000000000002', 'f'.repeat(17)].map((size) => `${size}\r\nhi\r\n0\r\n\r\n`),
  ...['2\nhi\r\n', '2\rhi\r\n', '2\r\nhi\n', '2\r\nhi', '2\r\nhixx\r\n', '2\r\nhi\r\r\n'].map((chunk) => `${chunk}0\r\n\r\n`),
  ...['X', 'X : y', ': y', 'X: \0', 'X: y\n', `X: ${'y'.repeat(70_000)}`, 'Content-Length: 2'].map((trailer) => `2\r\nhi\r\n0\r\n${trailer}\r\n\r\n`),
  '2\r\nhi\r\n0\r\n\n',
  '2;a="b\r\nhi\r\n0\r\n\r\n',
  '2;a\nhi\r\n0\r\n\r\n',
  `2;${'x'.repeat(100_000)}`
]

t.test('chunks that cannot be read cut the connection of the client and of the upstream', async (t) => {
  const origin = await startScriptedOrigin(t)
  const gateway = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"], retry: { attempts: 0 } } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  )
  for (const body of BROKEN) {
    const name = JSON.stringify(body.slice(0, 40))
    t.equal((await send(`${gateway.url}/good`)).text, 'good')
    origin.script = CHUNKED + body
    const response = await rawRequest(t, gateway.port, 'GET /bad HTTP/1.1\r\nHost: a\r\n\r\n')
    // Until the head has left, an error can take its place.
    if (response.status === 200) t.notOk(response.complete, name)
    else t.equal(response.status, 502, name)
    t.equal((await send(`${gateway.url}/good`)).text, 'good', `${name}: the next one`)
    const [bad, good] = origin.requests.slice(-2)
    t.not(bad?.connection, good?.connection, `${name}: on another connection`)
  }
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
  const codes = gateway.log.filter((line) => line['msg'] === 'request' && line['path'] === '/bad').map((line) => line['code'])
  t.same([...new Set(codes)], ['SP_UPSTREAM_PROTOCOL'])
  t.equal(codes.length, BROKEN.length)
})

t.test('an answer that is shorter than its length is cut too', async (t) => {
  const origin = await startScriptedOrigin(t)
  const gateway = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"], timeouts: { idle: 200ms } } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  )
  for (const answer of ['HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi', `${CHUNKED}2;${'x'.repeat(1000)}`]) {
    origin.script = answer
    const response = await rawRequest(t, gateway.port, 'GET /bad HTTP/1.1\r\nHost: a\r\n\r\n')
    t.equal(response.status, 200)
    t.notOk(response.complete)
    t.equal((await send(`${gateway.url}/good`)).text, 'good')
  }
})
