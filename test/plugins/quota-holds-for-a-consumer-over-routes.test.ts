import t from 'tap'
import quota from '../../plugins/quota/index.ts'
import { testPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'

interface Who {
  readonly name?: string
  readonly groups?: readonly string[]
  readonly ip?: string
}

/** Sends requests that share what was counted, each by a plugin of its own. */
function world(config: object) {
  const state = new Map<string, unknown>()
  return async (route: string, { name, groups = [], ip = '192.0.2.7' }: Who = {}, more: object = {}) => {
    const options: TestPluginOptions = {
      state,
      route: { name: route },
      clientIp: ip,
      before({ gateway }) {
        gateway.consumer = name === undefined ? null : { name, groups }
      }
    }
    const { inject, close } = await testPlugin(quota, { limit: 2, per: 'day', ...config, ...more }, options)
    const { statusCode } = await inject('/')
    await close()
    return statusCode
  }
}

t.test('a consumer has one quota for all routes with a quota of that name', async (t) => {
  const ask = world({})
  const alice = { name: 'alice' }
  t.same([await ask('a', alice), await ask('b', { ...alice, ip: '192.0.2.8' }), await ask('a', alice)], [200, 200, 429])
  t.equal(await ask('a', { name: 'bob' }), 200, 'another consumer has its own')
  t.equal(await ask('a', alice, { name: 'other' }), 200, 'and so has a quota of another name')
  t.equal(await ask('a', alice, { per: 'month' }), 200, 'or period')
  t.equal(await ask('a', alice, { limit: 3 }), 200, 'but a raised one goes on')
  t.equal(await ask('a', alice, { limit: 3 }), 429)
})

t.test('with route in it, each route counts for itself', async (t) => {
  const ask = world({ limit: 1, by: ['route', 'consumer'] })
  t.same([await ask('a', { name: 'alice' }), await ask('b', { name: 'alice' }), await ask('a', { name: 'alice' })], [200, 200, 429])
  const all = world({ limit: 1, by: 'route' })
  t.same([await all('a', { name: 'alice' }), await all('a', { name: 'bob' }), await all('b')], [200, 429, 200], 'everybody together')
})

t.test('a request without a consumer counts for its address', async (t) => {
  const ask = world({ limit: 1 })
  t.same([await ask('a'), await ask('b'), await ask('a', { ip: '192.0.2.8' }), await ask('a', { name: '192.0.2.7' })], [200, 429, 200, 200])
})

t.test('a group shares a quota, and so does everybody', async (t) => {
  const ask = world({ by: 'group' })
  const of = (name: string) => ({ name, groups: ['gold'] })
  t.same([await ask('a', of('alice')), await ask('b', of('bob')), await ask('a', of('carol'))], [200, 200, 429])
  const all = world({ by: 'global' })
  t.same([await all('a', { name: 'alice' }), await all('b', { ip: '192.0.2.8' }), await all('a')], [200, 200, 429])
  const beside = world({ by: ['global', 'consumer'] })
  t.same(
    [await beside('a', of('x')), await beside('b', of('x'), { by: 'consumer' }), await beside('a', of('x'))],
    [200, 200, 429],
    'says nothing new'
  )
})

t.test('a consumer has its own amount, then the most generous of its groups', async (t) => {
  const overrides = { consumers: { alice: { limit: 1 } }, groups: { partners: { limit: 3 }, gold: { limit: 4 } } }
  const passing = async (who: Who) => {
    const ask = world({ overrides })
    let passed = 0
    for (let i = 0; i < 6; i++) if ((await ask('a', who)) === 200) passed++
    return passed
  }
  t.equal(await passing({ name: 'alice', groups: ['gold'] }), 1)
  t.equal(await passing({ name: 'bob', groups: ['partners', 'gold'] }), 4)
  t.equal(await passing({ name: 'bob' }), 2)
})
