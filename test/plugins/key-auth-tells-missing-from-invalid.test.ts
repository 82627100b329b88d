import t from 'tap'
import keyAuth from '../../plugins/key-auth/index.ts'
import { benchAuth, freshSecret, withAuthentication } from '../support/bench-auth.ts'

t.test('only a request that brings no key at all is said to have none', async (t) => {
  const key = freshSecret()
  const told: string[] = []
  const spied = withAuthentication(keyAuth, {
    refuse(_request, reason) {
      told.push(reason)
      return null
    }
  })
  const { inject } = await benchAuth(t, spied, { query: 'key' }, { consumers: [{ name: 'shop', apiKeys: [key] }] })
  const answers = [
    await inject('/'),
    await inject({ headers: { 'x-api-key': freshSecret() } }),
    await inject({ headers: { 'x-api-key': '' } }),
    await inject({ headers: { 'x-api-key': [key, key] } }),
    await inject('/?key=')
  ]
  t.strictSame(told, ['missing', 'invalid', 'invalid', 'invalid', 'invalid'])
  for (const answer of answers) t.equal(answer.json().gateway.consumer, null, 'the next plugin is asked')
})
