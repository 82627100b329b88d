import t from 'tap'
import mtls from '../../plugins/mtls/index.ts'
import { benchAuth } from '../support/bench-auth.ts'
import { createAuthority } from '../support/client-auth-certificates.ts'
import { clockOfToday, over, type Connection } from '../support/tls-auth.ts'

t.test('a certificate is read once per connection, and anew after a reload', async (t) => {
  const authority = createAuthority(t)
  const [crm, erp] = [authority.issue('/CN=crm'), authority.issue('/CN=erp')]
  let read = 0
  const reading = ({ x509 }: typeof crm): Connection => ({
    authorized: true,
    getPeerX509Certificate() {
      read++
      return x509
    }
  })
  const [one, two] = [reading(crm), reading(erp)]
  let current = one
  const state = new Map<string, unknown>()
  const options = { clock: clockOfToday(), state, before: over(() => current) }
  const consumers = [
    { name: 'crm', certificates: ['subject:crm'] },
    { name: 'erp', certificates: ['subject:erp'] }
  ]
  const { inject } = await benchAuth(t, mtls, {}, { ...options, consumers })
  const name = async (): Promise<string> => (await inject('/')).json().gateway.consumer.name
  t.strictSame([await name(), await name(), read], ['crm', 'crm', 1])
  current = two
  t.strictSame([await name(), await name(), read], ['erp', 'erp', 2])

  const reloaded = await benchAuth(t, mtls, {}, { ...options, consumers: [{ name: 'crm', certificates: ['subject:crm'] }] })
  t.equal((await reloaded.inject('/')).statusCode, 401, 'a consumer that is gone is gone')
  t.equal(read, 3)
})
