import https from 'node:https'
import t from 'tap'
import mtls from '../../plugins/mtls/index.ts'
import { benchAuth, failures } from '../support/bench-auth.ts'
import { createAuthority } from '../support/client-auth-certificates.ts'
import { clockOfToday, serveTls } from '../support/tls-auth.ts'

t.test('a consumer is who has a certificate that the connection has verified', async (t) => {
  const authority = createAuthority(t)
  const server = authority.issue('/CN=gateway', 'IP.1=127.0.0.1')
  const crm = authority.issue('/O=Shop/CN=crm')
  const stranger = authority.issue('/CN=stranger')
  // The same common name as the consumer's, but nobody vouches for it: the listener of this test lets such connections come about.
  const forged = createAuthority(t).issue('/O=Shop/CN=crm')
  const bench = await benchAuth(
    t,
    mtls,
    {},
    { clock: clockOfToday(), consumers: [{ name: 'crm', groups: ['staff'], certificates: ['subject:crm'] }] }
  )
  const ask = await serveTls(t, bench, authority, server)

  t.strictSame((await ask(crm)).json().gateway.consumer, { name: 'crm', groups: ['staff'] })
  const agent = new https.Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  for (let i = 0; i < 2; i++) t.equal((await ask(crm, { agent })).json().gateway.consumer.name, 'crm', 'and again on the same connection')
  t.match((await ask(stranger)).json(), { code: 'SP_UNAUTHENTICATED', detail: 'The client certificate is not accepted.' })
  for (const shown of [forged, null]) {
    t.match((await ask(shown)).json(), { code: 'SP_UNAUTHENTICATED', detail: 'A verified client certificate is required.' })
  }
  t.equal((await ask(null)).headers['www-authenticate'], 'ClientCertificate realm="sallyport"')
  const counted = ['unknown', 'unverified', 'missing', 'expired'].map((reason) => failures(bench, 'mtls', reason))
  t.strictSame(counted, [1, 1, 2, 0])
})
