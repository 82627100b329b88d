import t from 'tap'
import keyAuth from '../../plugins/key-auth/index.ts'
import { benchAuth, failures, freshSecret, withAuthentication } from '../support/bench-auth.ts'

t.test('a request that another plugin has let in keeps its consumer, whatever its key', async (t) => {
  const key = freshSecret()
  const bench = await benchAuth(
    t,
    withAuthentication(keyAuth, { isDecided: () => true }),
    {},
    {
      consumers: [{ name: 'shop', apiKeys: [key] }],
      before: ({ gateway }) => {
        gateway.consumer = { name: 'alice', groups: [] }
      }
    }
  )
  for (const sent of [key, freshSecret()]) {
    t.equal((await bench.inject({ headers: { 'x-api-key': sent } })).json().gateway.consumer.name, 'alice')
  }
  t.equal(failures(bench, 'key-auth', 'unknown'), 0)
})
