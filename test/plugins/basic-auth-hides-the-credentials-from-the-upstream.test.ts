import t from 'tap'
import basicAuth from '../../plugins/basic-auth/index.ts'
import type { PluginDefinition } from '../../src/plugin-api/index.ts'
import { basic } from '../support/basic-auth.ts'
import { benchAuth, freshSecret, withAuthentication } from '../support/bench-auth.ts'

t.test('the credentials do not reach the upstream, unless they shall; those of another scheme do', async (t) => {
  const password = freshSecret()
  const options = { consumers: [{ name: 'shop', basic: [{ username: 'shop', password }] }] }
  const credentials = basic('shop', password)
  const sent = async (plugin: PluginDefinition, config: object, request: { headers: { authorization: string } } = credentials) =>
    (await (await benchAuth(t, plugin, config, options)).inject(request)).json().headers.authorization

  t.equal(await sent(basicAuth, {}), undefined)
  t.equal(await sent(basicAuth, { hideCredentials: false }), credentials.headers.authorization)
  const decided = withAuthentication(basicAuth, {
    isDecided: () => true,
    refuse: () => t.fail('nothing is left to decide') as never
  })
  t.equal(await sent(decided, {}, basic('shop', freshSecret())), undefined, 'also when another plugin has let the request in')
  const lenient = withAuthentication(basicAuth, { refuse: () => null })
  t.equal(await sent(lenient, {}, { headers: { authorization: 'Basic !' } }), undefined, 'also when they cannot be read')
  t.equal(await sent(lenient, {}, { headers: { authorization: 'Bearer abc' } }), 'Bearer abc')
})
