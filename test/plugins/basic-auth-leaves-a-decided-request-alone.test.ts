import t from 'tap'
import basicAuth from '../../plugins/basic-auth/index.ts'
import { basic } from '../support/basic-auth.ts'
import { benchAuth, failures, freshSecret, withAuthentication } from '../support/bench-auth.ts'

t.test('a request that another plugin has let in keeps its consumer, whatever its password', async (t) => {
  const password = freshSecret()
  const bench = await benchAuth(
    t,
    withAuthentication(basicAuth, { isDecided: () => true }),
    {},
    {
      consumers: [{ name: 'shop', basic: [{ username: 'shop', password }] }],
      before: ({ gateway }) => {
        gateway.consumer = { name: 'alice', groups: [] }
      }
    }
  )
  for (const sent of [password, freshSecret()]) t.equal((await bench.inject(basic('shop', sent))).json().gateway.consumer.name, 'alice')
  t.equal(failures(bench, 'basic-auth', 'wrong'), 0)
})
