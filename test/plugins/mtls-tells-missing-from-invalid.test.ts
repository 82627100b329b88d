import t from 'tap'
import mtls from '../../plugins/mtls/index.ts'
import { benchAuth, withAuthentication } from '../support/bench-auth.ts'
import { createAuthority } from '../support/client-auth-certificates.ts'
import { clockOfToday, over, verified, type Connection } from '../support/tls-auth.ts'

t.test('only a verified certificate is one that can be wrong', async (t) => {
  const authority = createAuthority(t)
  const [crm, stranger] = [authority.issue('/CN=crm'), authority.issue('/CN=stranger')]
  const told: string[] = []
  const spied = withAuthentication(mtls, {
    refuse(_request, reason, error) {
      told.push(reason)
      return error
    }
  })
  const connections: (Connection | null)[] = [
    null,
    { authorized: true, getPeerX509Certificate: () => undefined },
    { ...verified(crm), authorized: false },
    verified(stranger)
  ]
  const consumers = [{ name: 'crm', certificates: ['subject:crm'] }]
  const { inject } = await benchAuth(t, spied, {}, { consumers, clock: clockOfToday(), before: over(() => connections.shift() ?? null) })
  for (let i = 0; i < 4; i++) t.equal((await inject('/')).statusCode, 401)
  t.strictSame(told, ['missing', 'missing', 'missing', 'invalid'])
})
