import t from 'tap'
import { inFlight } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRawOrigin } from '../support/origin.ts'
import { field, rawRequest } from '../support/raw-client.ts'
import { startScriptedOrigin } from '../support/scripted-origin.ts'

const GET = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n'
const HINT = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n'
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'

t.test('100 of them reach the client before the answer', async (t) => {
  const origin = await startScriptedOrigin(t)
  origin.script = HINT.repeat(100) + ANSWER
  const response = await rawRequest(t, (await startGateway(t, passThrough(origin.url))).port, GET)
  t.same([response.interim.length, response.status, response.body.toString()], [100, 200, 'hi'])
})

t.test('one more is a bad gateway', async (t) => {
  const origin = await startScriptedOrigin(t)
  origin.script = HINT.repeat(101) + ANSWER
  const gateway = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"], retry: { attempts: 0 } } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  )
  const response = await rawRequest(t, gateway.port, GET)
  t.same([response.interim.length, response.status], [100, 502])
  t.equal((JSON.parse(response.body.toString()) as { code: string }).code, 'SP_UPSTREAM_PROTOCOL')
  await eventually(() => origin.connections === 0)
})

t.test('an upstream that sends them for ever is ended', async (t) => {
  const origin = await startRawOrigin(t, (socket) => {
    const again = (): unknown => socket.writable && socket.write('HTTP/1.1 102 Processing\r\n\r\n', () => setImmediate(again))
    socket.on('error', () => {}).once('data', again)
  })
  const gateway = await startGateway(t, passThrough(origin.url))
  t.equal((await rawRequest(t, gateway.port, GET)).status, 502)
  await eventually(async () => origin.connections === 0 && (await inFlight(gateway, 'origin')) === 0)
})

t.test('the length of one goes no further: a client could take the next head for its content', async (t) => {
  const origin = await startScriptedOrigin(t)
  const { port } = await startGateway(t, passThrough(origin.url))
  for (const fields of ['Content-Length: 40', 'Transfer-Encoding: chunked']) {
    origin.script = `HTTP/1.1 103 Early Hints\r\n${fields}\r\nLink: </a>\r\n\r\n${ANSWER}`
    const { interim, status, body } = await rawRequest(t, port, GET)
    t.same([status, body.toString()], [200, 'hi'], fields)
    t.equal(field(interim[0]?.fields ?? [], 'link'), '</a>')
    t.equal(field(interim[0]?.fields ?? [], 'content-length'), undefined)
    t.equal(field(interim[0]?.fields ?? [], 'transfer-encoding'), undefined)
  }
})
