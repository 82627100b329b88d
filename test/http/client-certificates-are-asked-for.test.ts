import t from 'tap'
import { createAuthority } from '../support/authority.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { get, startTls, tlsDocument } from './tls-kit.ts'

t.test('required: only clients with a certificate of the authority get in', async (t) => {
  const [authority, other] = [createAuthority(t), createAuthority(t)]
  const origin = await startRecordingOrigin(t, (_request, response) => void response.end('served'))
  const own = authority.issue('localhost', ['localhost'])
  const gateway = await startTls(t, tlsDocument(origin.url, [own], `, clientCert: required, clientCaFile: "${authority.certFile}"`))
  const client = authority.issue('client', [])
  t.equal((await get(gateway.port, { ca: authority.cert, cert: client.cert, key: client.key })).text, 'served')
  await t.rejects(get(gateway.port, { ca: authority.cert }))
  const stranger = other.issue('stranger', [])
  await t.rejects(get(gateway.port, { ca: authority.cert, cert: stranger.cert, key: stranger.key }))
  t.equal(origin.seen.length, 1)
})

t.test('optional: others get in too', async (t) => {
  const authority = createAuthority(t)
  const origin = await startRecordingOrigin(t, (_request, response) => void response.end('served'))
  const gateway = await startTls(
    t,
    tlsDocument(origin.url, [authority.issue('localhost', ['localhost'])], `, clientCert: optional, clientCaFile: "${authority.certFile}"`)
  )
  t.equal((await get(gateway.port, { ca: authority.cert })).text, 'served')
})
