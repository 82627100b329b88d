import { copyFileSync } from 'node:fs'
import tls from 'node:tls'
import { once } from 'node:events'
import t from 'tap'
import { createAuthority } from '../support/authority.ts'
import { eventually, send } from '../support/client.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { metric } from '../support/admin.ts'
import { get, reload, startTls, tlsDocument } from './tls-kit.ts'

t.test('a request over TLS is served, and the upstream is told the scheme', async (t) => {
  const authority = createAuthority(t)
  const origin = await startRecordingOrigin(t, (_request, response) => void response.end('served'))
  const gateway = await startTls(t, tlsDocument(origin.url, [authority.issue('localhost', ['localhost'])]))
  const answer = await get(gateway.port, { ca: authority.cert })
  t.match(answer, { status: 200, text: 'served', shown: 'localhost', protocol: 'TLSv1.3' })
  const sent = origin.seen[0]?.rawHeaders ?? []
  t.equal(sent[sent.indexOf('x-forwarded-proto') + 1], 'https')
})

t.test('a single certificate needs no list', async (t) => {
  const authority = createAuthority(t)
  const origin = await startRecordingOrigin(t)
  const own = authority.issue('localhost', ['localhost'])
  const document = (tls: string) => tlsDocument(origin.url, []).replace('certificates: []', tls)
  const gateway = await startTls(t, document(`certFile: "${own.certFile}", keyFile: "${own.keyFile}"`))
  t.match(await get(gateway.port, { ca: authority.cert }), { status: 200, shown: 'localhost' })
  const wrong: readonly [tls: string, message: RegExp][] = [
    ['minVersion: "1.3"', /either certFile with keyFile, or certificates/],
    [`certFile: "${own.certFile}"`, /"keyFile" is missing/],
    [`keyFile: "${own.keyFile}"`, /"certFile" is missing/],
    [`certFile: a, keyFile: b, certificates: [{ certFile: "${own.certFile}", keyFile: "${own.keyFile}" }]`, /either certFile with keyFile/],
    ['certFile: missing.pem, keyFile: missing.key', /cannot read the file missing.pem/]
  ]
  for (const [tls, message] of wrong) await t.rejects(startTls(t, document(tls)), message)
})

t.test('each name gets its certificate, a wildcard for one label, and everybody else the first', async (t) => {
  const authority = createAuthority(t)
  const origin = await startRecordingOrigin(t)
  const certificates = [
    authority.issue('first', ['first.example']),
    authority.issue('shop', ['shop.example', '*.shop.example']),
    authority.issue('api', ['api.shop.example'])
  ]
  const gateway = await startTls(t, tlsDocument(origin.url, certificates))
  const shown = async (servername: string) => (await get(gateway.port, { servername, rejectUnauthorized: false })).shown
  t.equal(await shown('first.example'), 'first')
  t.equal(await shown('SHOP.example'), 'shop')
  t.equal(await shown('eu.shop.example'), 'shop')
  t.equal(await shown('api.shop.example'), 'api', 'an exact name goes before a wildcard')
  t.equal(await shown('a.b.shop.example'), 'first', 'a wildcard is one label')
  t.equal(await shown('other.example'), 'first')
})

t.test('versions before 1.2 are refused, and before 1.3 when that is asked for', async (t) => {
  const authority = createAuthority(t)
  const origin = await startRecordingOrigin(t)
  const own = authority.issue('localhost', ['localhost'])
  const usual = await startTls(t, tlsDocument(origin.url, [own]))
  await t.rejects(get(usual.port, { ca: authority.cert, maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'ALL@SECLEVEL=0' }))
  t.equal((await get(usual.port, { ca: authority.cert, maxVersion: 'TLSv1.2' })).protocol, 'TLSv1.2')
  const strict = await startTls(t, tlsDocument(origin.url, [own], ', minVersion: "1.3"'))
  await t.rejects(get(strict.port, { ca: authority.cert, maxVersion: 'TLSv1.2' }))
  t.equal((await get(strict.port, { ca: authority.cert })).protocol, 'TLSv1.3')
})

t.test('a certificate that was replaced is shown after a reload, and open connections stay', async (t) => {
  const authority = createAuthority(t)
  const origin = await startRecordingOrigin(t, (_request, response) => void response.end('served'))
  const old = authority.issue('old', ['localhost'])
  const document = tlsDocument(origin.url, [old])
  const gateway = await startTls(t, document)
  const before = tls.connect({ host: '127.0.0.1', port: gateway.port, ca: authority.cert, servername: 'localhost' })
  t.teardown(() => before.destroy())
  await once(before, 'secureConnect')
  t.equal((await get(gateway.port, { ca: authority.cert })).shown, 'old')
  const next = authority.issue('next', ['localhost'])
  copyFileSync(next.certFile, old.certFile)
  copyFileSync(next.keyFile, old.keyFile)
  t.equal(await reload(gateway.gateway, document), 'applied')
  t.equal((await get(gateway.port, { ca: authority.cert })).shown, 'next')
  before.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  const [chunk] = (await once(before, 'data')) as [Buffer]
  t.match(chunk.toString(), /^HTTP\/1\.1 200 OK/)
})

t.test('what does not speak TLS costs nobody else anything', async (t) => {
  const authority = createAuthority(t)
  const origin = await startRecordingOrigin(t, (_request, response) => void response.end('served'))
  const gateway = await startTls(t, tlsDocument(origin.url, [authority.issue('localhost', ['localhost'])]))
  await t.rejects(send(`http://127.0.0.1:${gateway.port}/`))
  t.equal((await get(gateway.port, { ca: authority.cert })).text, 'served')
  await eventually(async () => (await metric(gateway, `sallyport_connections_open{listener="127.0.0.1:0"}`)) === 0)
})

t.test('a listener cannot change between plain and TLS while it listens', async (t) => {
  const authority = createAuthority(t)
  const origin = await startRecordingOrigin(t, (_request, response) => void response.end('served'))
  const gateway = await startTls(t, tlsDocument(origin.url, [authority.issue('localhost', ['localhost'])]))
  const plain = tlsDocument(origin.url, []).replace(/, tls: \{[^\n]*\} \}\]/, ' }]')
  t.equal(await reload(gateway.gateway, plain), 'rejected')
  t.equal((await get(gateway.port, { ca: authority.cert })).text, 'served')
})

t.test('a stop waits for a request over TLS', async (t) => {
  const authority = createAuthority(t)
  let answer: () => void = () => {}
  const origin = await startRecordingOrigin(t, (_request, response) => {
    answer = () => void response.end('served')
  })
  const gateway = await startTls(t, tlsDocument(origin.url, [authority.issue('localhost', ['localhost'])]))
  const running = get(gateway.port, { ca: authority.cert })
  await eventually(() => origin.seen.length === 1)
  const closed = gateway.gateway.close()
  answer()
  t.equal((await running).text, 'served')
  t.equal(await closed, 0)
})
