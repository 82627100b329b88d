import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import net from 'node:net'
import tls from 'node:tls'
import t from 'tap'
import { createAuthority } from '../support/authority.ts'
import { metric } from '../support/admin.ts'
import { eventually } from '../support/client.ts'
import { compilePlan, passThrough, startGateway } from '../support/gateway.ts'
import { connectHttp2, fetchHttp2 } from '../support/http2-client.ts'
import { startHttp2Gateway } from '../support/http2-gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { accept, startUpgradeOrigin, UPGRADE } from '../support/websocket.ts'
import { get, reload, startTls, tlsDocument } from './tls-kit.ts'

async function chosen(port: number, protocols: string[] | undefined): Promise<string | false | null> {
  const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...(protocols === undefined ? {} : { ALPNProtocols: protocols }) })
  await once(socket, 'secureConnect')
  const { alpnProtocol } = socket
  socket.destroy()
  return alpnProtocol
}

t.test('a client that knows HTTP/2 gets it, any other HTTP/1.1, on one listener', async (t) => {
  const origin = await startRecordingOrigin(t, (_request, response) => void response.end('served'))
  const gateway = await startHttp2Gateway(t, passThrough(origin.url))
  t.equal(await chosen(gateway.port, ['h2', 'http/1.1']), 'h2')
  t.equal(await chosen(gateway.port, ['http/1.1']), 'http/1.1')
  t.equal(await chosen(gateway.port, undefined), false)
  const session = connectHttp2(t, gateway.port)
  t.match(await fetchHttp2(session), { status: 200, text: 'served', ended: true })
  t.equal((await get(gateway.port, { rejectUnauthorized: false })).text, 'served')
  await eventually(async () => (await metric(gateway, 'sallyport_connections_open{listener="127.0.0.1:0"}')) === 1)
  const versions = gateway.log.filter((line) => line['msg'] === 'request').map((line) => line['httpVersion'])
  t.same(versions, ['2.0', '1.1'], 'the access line tells which')
})

t.test('a listener offers HTTP/1.1 only where HTTP/2 is switched off, and cannot change that while it listens', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startHttp2Gateway(t, passThrough(origin.url), ', http2: false')
  t.equal(await chosen(gateway.port, ['h2', 'http/1.1']), 'http/1.1')
  t.equal(await gateway.reload(gateway.document.replace('http2: false', 'http2: true')), 'rejected')
  t.equal(await chosen(gateway.port, ['h2', 'http/1.1']), 'http/1.1')
  t.match(
    gateway.log.find((line) => line['msg'] === 'configuration rejected, the running one stays'),
    { problems: ['the listener 127.0.0.1:0 turns HTTP/2 on, which needs a restart'] }
  )
})

t.test('a listener without TLS speaks no HTTP/2: it cannot be asked for, and its preface is malformed', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startGateway(t, passThrough(origin.url))
  const socket = net.connect(gateway.port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0')
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  t.match(chunk.toString(), /^HTTP\/1\.1 400 /)
  t.same(origin.seen, [])
  const text = `version: 1\nlisteners:\n  - address: "127.0.0.1:0"\n    http2: true\n${passThrough(origin.url)}`
  t.throws(() => compilePlan(text), /^gateway\.yaml:4:5: error: .*TLS/)
})

t.test('a session shows the certificate of its time, and a new one the one that replaced it', async (t) => {
  const authority = createAuthority(t)
  const origin = await startRecordingOrigin(t, (_request, response) => void response.end('served'))
  const old = authority.issue('old', ['localhost'])
  const document = tlsDocument(origin.url, [old])
  const gateway = await startTls(t, document)
  const shown = (session: ReturnType<typeof connectHttp2>) => String((session.socket as tls.TLSSocket).getPeerCertificate().subject.CN)
  const before = connectHttp2(t, gateway.port, { ca: authority.cert, rejectUnauthorized: true })
  await fetchHttp2(before)
  const next = authority.issue('next', ['localhost'])
  copyFileSync(next.certFile, old.certFile)
  copyFileSync(next.keyFile, old.keyFile)
  t.equal(await reload(gateway.gateway, document), 'applied')
  const after = connectHttp2(t, gateway.port, { ca: authority.cert, rejectUnauthorized: true })
  t.match(await fetchHttp2(after), { status: 200 })
  t.match(await fetchHttp2(before), { status: 200 }, 'the session outlives the reload')
  t.same([shown(before), shown(after)], ['old', 'next'])
})

t.test('a WebSocket over TLS comes over HTTP/1.1, and over HTTP/2 it is not offered', async (t) => {
  const origin = await startUpgradeOrigin(t, (request, socket) => {
    socket.write(accept(request))
    socket.pipe(socket)
  })
  const gateway = await startHttp2Gateway(t, passThrough(origin.url))
  const socket = tls.connect({ port: gateway.port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
  t.teardown(() => socket.destroy())
  socket.write(`${UPGRADE}\r\n`)
  const [head] = (await once(socket, 'data')) as [Buffer]
  t.match(head.toString(), /^HTTP\/1\.1 101 /)
  const session = connectHttp2(t, gateway.port)
  await once(session, 'remoteSettings')
  t.equal(session.remoteSettings.enableConnectProtocol, false)
  t.equal((await fetchHttp2(session)).text, 'plain')
})
