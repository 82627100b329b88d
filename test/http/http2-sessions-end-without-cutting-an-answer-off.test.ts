import { once } from 'node:events'
import http2 from 'node:http2'
import net from 'node:net'
import tls from 'node:tls'
import t from 'tap'
import { metric } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { passThrough } from '../support/gateway.ts'
import { startHeldOrigin } from '../support/held-origin.ts'
import { answerOf, connectHttp2, fetchHttp2 } from '../support/http2-client.ts'
import { startHttp2Gateway } from '../support/http2-gateway.ts'
import { type RawFields, RawHttp2 } from '../support/http2-raw.ts'
import { startRecordingOrigin } from '../support/origin.ts'

const GET: RawFields = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':path', '/'],
  [':authority', 'a']
]
const OPEN = 'sallyport_connections_open{listener="127.0.0.1:0"}'

t.test('a stop tells clients to go, lets running streams finish, and then closes their sessions', async (t) => {
  const origin = await startHeldOrigin(t)
  const gateway = await startHttp2Gateway(t, passThrough(origin.url))
  const [busy, idle] = [connectHttp2(t, gateway.port), connectHttp2(t, gateway.port)]
  await once(idle, 'remoteSettings')
  const running = [1, 2, 3].map((i) => answerOf(busy.request({ ':path': `/${i}` })))
  await origin.arrived(3)
  const gone = Promise.all([once(busy, 'close'), once(idle, 'close')])
  const told = Promise.all([once(busy, 'goaway'), once(idle, 'goaway')])
  const closed = gateway.gateway.close()
  t.same(
    (await told).map(([code]) => code as number),
    [0, 0]
  )
  origin.release()
  t.match(await Promise.all(running), [{ text: '/1' }, { text: '/2' }, { text: '/3' }])
  t.equal(await closed, 0)
  await gone
})

t.test('before the listeners close, sessions are asked to go, and new ones go with their first request', async (t) => {
  const origin = await startRecordingOrigin(t, (_request, response) => void response.end('served'))
  const gateway = await startHttp2Gateway(t, passThrough(origin.url))
  const later = gateway.document.replace('shutdown: { delay: 0s, drain: 2s }', 'shutdown: { delay: 500ms, drain: 25s }')
  t.equal(await gateway.reload(later), 'applied')
  const client = await RawHttp2.open(t, gateway.port)
  t.match(await client.answer(client.send(GET)), { status: 200 })
  const closed = gateway.gateway.close()
  await client.over()
  t.equal(client.goaway, 0)
  const [next, idle] = [await RawHttp2.open(t, gateway.port), await RawHttp2.open(t, gateway.port)]
  t.match(await next.answer(next.send(GET)), { status: 200, body: 'served' })
  await next.over()
  t.same([next.goaway, idle.goaway], [0, null], 'one without a stream has time')
  const began = performance.now()
  t.equal(await closed, 0)
  await idle.over()
  t.ok(performance.now() - began < 20_000, 'idle sessions are not waited for')
})

t.test('a client that does not close its side, or whose answer never comes, holds the stop no longer than it may', async (t) => {
  const origin = await startHeldOrigin(t)
  const gateway = await startHttp2Gateway(t, passThrough(origin.url))
  const client = await RawHttp2.open(t, gateway.port)
  client.send(GET)
  await origin.arrived(1)
  t.equal(await gateway.gateway.close(), 1)
  await client.over()
  t.equal(client.goaway, 0)
})

t.test('a handshake that is slower than the stop brings no session that lasts', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startHttp2Gateway(t, passThrough(origin.url))
  const later = gateway.document.replace('drain: 2s', 'drain: 25s')
  t.equal(await gateway.reload(later), 'applied')
  const socket = net.connect(gateway.port, '127.0.0.1')
  await eventually(async () => (await metric(gateway, OPEN)) === 1)
  const began = performance.now()
  const closed = gateway.gateway.close()
  const session = http2.connect('https://localhost', {
    createConnection: () => tls.connect({ socket, ALPNProtocols: ['h2'], rejectUnauthorized: false })
  })
  session.on('error', () => {})
  const gone = once(session, 'close')
  await closed
  await gone
  t.ok(performance.now() - began < 8_000, 'sooner than a silent session is closed for being silent')
})

t.test('a session is closed when it has been idle, not while a stream is open', async (t) => {
  const origin = await startHeldOrigin(t)
  const gateway = await startHttp2Gateway(t, `clientTimeouts: { keepAlive: 100ms, headers: 200ms }\n${passThrough(origin.url)}`)
  const silent = connectHttp2(t, gateway.port)
  await once(silent, 'close')
  const session = connectHttp2(t, gateway.port)
  const running = fetchHttp2(session, { ':path': '/long' })
  await origin.arrived(1)
  const other = connectHttp2(t, gateway.port)
  await once(other, 'close')
  t.equal(session.closed, false, 'while another came and was closed for being idle')
  const gone = once(session, 'close')
  origin.release()
  t.match(await running, { status: 200, text: '/long' })
  await gone
  await eventually(async () => (await metric(gateway, OPEN)) === 0)
})

t.test('a reload keeps sessions and what runs on them, and new limits are for new sessions', async (t) => {
  const origin = await startRecordingOrigin(t, (request, response) => void response.end(request.url))
  const gateway = await startHttp2Gateway(t, passThrough(origin.url))
  const session = connectHttp2(t, gateway.port)
  await once(session, 'remoteSettings')
  let reloads = 0
  let left = 200
  const run = async (): Promise<void> => {
    while (left-- > 0) t.equal((await fetchHttp2(session, { ':path': `/${left}` })).ended, true)
  }
  const reloading = (async () => {
    for (; reloads < 5; reloads++) t.equal(await gateway.reload(`${gateway.document}\nlimits: { streams: ${reloads + 10} }`), 'applied')
  })()
  await Promise.all([run(), run(), run(), reloading])
  t.equal(origin.seen.length, 200)
  t.equal(session.closed, false)
  const next = connectHttp2(t, gateway.port)
  await once(next, 'remoteSettings')
  t.same([session.remoteSettings.maxConcurrentStreams, next.remoteSettings.maxConcurrentStreams], [100, 14])
})
