import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { rawRequest } from '../support/raw-client.ts'

const config = (url: string, timeouts: string): string => `upstreams: { origin: { endpoints: ["${url}"], timeouts: { ${timeouts} } } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`

t.test('no head within timeouts.response is answered 504, and the upstream request is aborted', async (t) => {
  const origin = await startOrigin(t, () => {})
  const gateway = await startGateway(t, config(origin.url, 'response: 300ms, idle: 60s'))
  const answer = await send(gateway.url)
  t.equal(answer.status, 504)
  t.equal(answer.json().code, 'SP_UPSTREAM_TIMEOUT')
  await eventually(() => origin.connections === 0)
  await eventually(() => gateway.log.some((line) => line.msg === 'request'))
  t.match(
    gateway.log.find((line) => line.msg === 'request'),
    { outcome: 'response-timeout' }
  )
})

t.test('silence within a body for timeouts.idle cuts the connection of the client', async (t) => {
  const origin = await startOrigin(t, (_request, response) => {
    response.writeHead(200, { 'content-length': 10 }).write('half')
  })
  const gateway = await startGateway(t, config(origin.url, 'response: 60s, idle: 300ms'))
  const response = await rawRequest(t, gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  t.equal(response.status, 200)
  t.equal(response.complete, false)
  t.equal(response.body.toString(), 'half')
  await eventually(() => origin.connections === 0)
  await eventually(() => gateway.log.some((line) => line.msg === 'request'))
  t.match(
    gateway.log.find((line) => line.msg === 'request'),
    { status: 200, code: 'SP_UPSTREAM_IDLE_TIMEOUT', outcome: 'idle-timeout' }
  )
})
