import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { createAuthority } from '../support/authority.ts'
import { eventually } from '../support/client.ts'
import { fieldOf } from '../support/fields.ts'
import { compilePlan, passThrough, startGateway } from '../support/gateway.ts'
import { connectHttp2, fetchHttp2 } from '../support/http2-client.ts'
import { startHttp2Gateway } from '../support/http2-gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'

t.test('a client certificate speaks for every stream of its session', async (t) => {
  const authority = createAuthority(t)
  const own = authority.issue('localhost', ['localhost'])
  const ada = authority.issue('ada', ['ada.example'])
  const origin = await startRecordingOrigin(t)
  const text = `version: 1
listeners:
  - address: "127.0.0.1:0"
    tls: { certificates: [{ certFile: "${own.certFile}", keyFile: "${own.keyFile}" }], clientCert: optional, clientCaFile: "${authority.certFile}" }
admin: { address: "127.0.0.1:0" }
shutdown: { delay: 0s, drain: 2s }
consumers: [{ name: ada, certificates: ["dns:ada.example"] }]
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes: [{ name: all, match: { path: "/*" }, upstream: origin, plugins: { mtls: {} } }]`
  const gateway = await startGateway(t, '', { plan: compilePlan(text, {}, (path) => readFileSync(path, 'utf8')) })
  t.match(await fetchHttp2(connectHttp2(t, gateway.port)), { status: 401 })
  const session = connectHttp2(t, gateway.port, { cert: ada.cert, key: ada.key })
  const answers = await Promise.all([1, 2, 3].map(() => fetchHttp2(session)))
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 200]
  )
  for (const { rawHeaders } of origin.seen) t.same(fieldOf(rawHeaders, 'x-consumer-name'), ['ada'])
})

t.test('an upload that stalls is timed out on its own stream', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startHttp2Gateway(t, `clientTimeouts: { bodyIdle: 200ms, minUploadRate: off }\n${passThrough(origin.url)}`)
  const session = connectHttp2(t, gateway.port)
  const stream = session.request({ ':method': 'POST', ':path': '/stalls' })
  stream.write('half')
  const [head] = (await once(stream, 'response')) as [{ readonly ':status': number }]
  t.equal(head[':status'], 408)
  await once(stream.resume(), 'close')
  t.equal(stream.rstCode, 0)
  await eventually(() => gateway.log.some((line) => line['path'] === '/stalls' && line['code'] === 'SP_REQUEST_TIMEOUT'))
  t.same(origin.seen, [])
  t.match(await fetchHttp2(session), { status: 200 })
})
