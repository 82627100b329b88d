import t from 'tap'
import keyAuth from '../../plugins/key-auth/index.ts'
import type { PluginDefinition } from '../../src/plugin-api/index.ts'
import { benchAuth, freshSecret, withAuthentication } from '../support/bench-auth.ts'

t.test('the key does not reach the upstream, unless it shall', async (t) => {
  const key = freshSecret()
  const options = { consumers: [{ name: 'shop', apiKeys: [key] }] }
  const request = { headers: { 'X-Api-Key': key, 'x-other': 'stays' } }
  const sent = async (plugin: PluginDefinition, config: object) =>
    (await (await benchAuth(t, plugin, config, options)).inject(request)).json().headers

  const hidden = await sent(keyAuth, {})
  t.notOk('x-api-key' in hidden)
  t.equal(hidden['x-other'], 'stays')
  t.equal((await sent(keyAuth, { hideCredentials: false }))['x-api-key'], key)

  const decided = withAuthentication(keyAuth, {
    isDecided: () => true,
    refuse: () => t.fail('nothing is left to decide') as never
  })
  t.notOk('x-api-key' in (await sent(decided, {})), 'also when another plugin has let the request in')
  const lenient = withAuthentication(keyAuth, { refuse: () => null })
  t.notOk('x-api-key' in (await sent(lenient, { header: 'x-api-KEY' })))
})
