import t from 'tap'
import keyAuth from '../../plugins/key-auth/index.ts'
import { checkPlugin } from '../../src/plugin-api/testing.ts'
import { benchAuth, freshSecret } from '../support/bench-auth.ts'

t.test('the query is looked at when it is configured and the field is absent', async (t) => {
  const [shop, crm] = [freshSecret(), freshSecret()]
  const consumers = [
    { name: 'shop', apiKeys: [shop] },
    { name: 'crm', apiKeys: [crm, 'a+b c'] }
  ]
  const { inject, issues } = await benchAuth(t, keyAuth, { header: 'X-Key', query: 'api_key' }, { consumers })
  t.equal((await inject(`/?a=1&api_key=${shop}`)).json().gateway.consumer.name, 'shop')
  t.equal((await inject(`/?api%5Fkey=${shop}`)).json().gateway.consumer.name, 'shop', 'however its name is spelled')
  t.equal((await inject('/?api_key=a%2Bb+c')).json().gateway.consumer.name, 'crm', 'the value is decoded')
  t.equal((await inject({ url: `/?api_key=${shop}`, headers: { 'x-key': crm } })).json().gateway.consumer.name, 'crm', 'the field counts')
  t.strictSame(
    issues.map(({ severity, path }) => [severity, path]),
    [['warning', ['query']]],
    'the operator is told that such a key reaches the upstream'
  )
  const headerOnly = await benchAuth(t, keyAuth, {}, { consumers })
  t.equal((await headerOnly.inject(`/?api_key=${shop}`)).statusCode, 401)
  t.strictSame(checkPlugin(keyAuth, {}), [])
})
