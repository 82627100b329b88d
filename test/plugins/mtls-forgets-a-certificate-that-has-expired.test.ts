import t from 'tap'
import mtls from '../../plugins/mtls/index.ts'
import { benchAuth, failures } from '../support/bench-auth.ts'
import { createAuthority } from '../support/client-auth-certificates.ts'
import { clockOfToday, over, verified } from '../support/tls-auth.ts'

t.test('a connection that outlives its certificate no longer lets in', async (t) => {
  const crm = createAuthority(t).issue('/CN=crm')
  const connection = verified(crm)
  const bench = await benchAuth(
    t,
    mtls,
    {},
    {
      clock: clockOfToday(),
      consumers: [{ name: 'crm', certificates: ['subject:crm'] }],
      before: over(() => connection)
    }
  )
  bench.clock.advance(Date.parse(crm.x509.validTo) - bench.clock.wall())
  t.equal((await bench.inject('/')).statusCode, 200)
  bench.clock.advance(1)
  t.match((await bench.inject('/')).json(), { code: 'SP_UNAUTHENTICATED', detail: 'The client certificate is not accepted.' })
  t.equal(failures(bench, 'mtls', 'expired'), 1)
})
