import t from 'tap'
import mtls from '../../plugins/mtls/index.ts'
import { checkPlugin } from '../../src/plugin-api/testing.ts'
import { benchAuth, withAuthentication } from '../support/bench-auth.ts'
import { createAuthority } from '../support/client-auth-certificates.ts'
import { clockOfToday, over, verified, type Connection } from '../support/tls-auth.ts'

t.test('the upstream gets fingerprint and subject from the gateway, and never from the client', async (t) => {
  const authority = createAuthority(t)
  const crm = authority.issue('/C=DE/O=Müller, Söhne/CN=crm')
  const nameless = authority.issue('/', 'DNS.1=crm.example')
  const forward = { fingerprint: 'X-Client-Cert-Fingerprint', subject: 'x-client-cert-subject' }
  const forged = { 'x-client-cert-fingerprint': 'forged', 'X-Client-Cert-Subject': 'CN=admin' }
  const sent = async (connection: Connection | null, plugin = withAuthentication(mtls, { refuse: () => null }), config: object = { forward }) => {
    const consumers = [{ name: 'crm', certificates: ['subject:crm', 'dns:crm.example'] }]
    const { inject } = await benchAuth(t, plugin, config, { consumers, clock: clockOfToday(), before: over(() => connection) })
    const { headers } = (await inject({ headers: forged })).json()
    return [headers['x-client-cert-fingerprint'], headers['x-client-cert-subject']]
  }
  const fingerprint = crm.x509.fingerprint256.replaceAll(':', '').toLowerCase()
  t.strictSame(await sent(verified(crm)), [fingerprint, 'CN=crm,O=M\\C3\\BCller\\, S\\C3\\B6hne,C=DE'])
  t.strictSame(await sent(verified(nameless)), [nameless.x509.fingerprint256.replaceAll(':', '').toLowerCase(), undefined])
  t.strictSame(await sent(null), [undefined, undefined], 'not without TLS')
  t.strictSame(await sent(verified(authority.issue('/CN=stranger'))), [undefined, undefined], 'not of a stranger')
  t.strictSame(await sent({ ...verified(crm), authorized: false }), [undefined, undefined], 'not of an unverified certificate')
  const decided = withAuthentication(mtls, { isDecided: () => true, accept: () => t.fail('nothing is left to decide') })
  t.strictSame(await sent(verified(crm), decided), [undefined, undefined], 'not when another plugin has let the request in')
  t.strictSame(await sent(verified(crm), mtls, {}), ['forged', 'CN=admin'], 'names that are not configured are not ours')
})

t.test('one field cannot hold both', async (t) => {
  const issues = checkPlugin(mtls, { forward: { fingerprint: 'x-cert', subject: 'X-Cert' } })
  t.strictSame(
    issues.map(({ severity, path }) => [severity, path]),
    [['error', ['forward', 'subject']]]
  )
  t.strictSame(checkPlugin(mtls, { forward: { subject: 'x-cert' } }), [])
  t.strictSame(checkPlugin(mtls, {}), [])
})
