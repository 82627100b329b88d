import t from 'tap'
import rateLimit from '../../plugins/rate-limit/index.ts'
import { testPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'

interface Who {
  readonly name?: string
  readonly groups?: readonly string[]
  readonly ip?: string
}

/** How many of ten requests pass. */
async function passing(config: object, { name, groups = [], ip = '192.0.2.7' }: Who): Promise<number> {
  const options: TestPluginOptions = {
    clientIp: ip,
    before({ gateway }) {
      gateway.consumer = name === undefined ? null : { name, groups }
    }
  }
  const { inject, close } = await testPlugin(rateLimit, { limit: 1, window: '1m', by: 'consumer', ...config }, options)
  let passed = 0
  for (let i = 0; i < 10; i++) if ((await inject('/')).statusCode === 200) passed++
  await close()
  return passed
}

t.test('a consumer has its own amount, then the most generous of its groups, then the usual one', async (t) => {
  const overrides = { consumers: { alice: { limit: 2 } }, groups: { partners: { limit: 3 }, gold: { limit: 5, window: '10s' } } }
  t.equal(await passing({ overrides }, { name: 'alice', groups: ['gold'] }), 2)
  t.equal(await passing({ overrides }, { name: 'bob', groups: ['partners'] }), 3)
  t.equal(await passing({ overrides }, { name: 'bob', groups: ['partners', 'gold'] }), 5)
  t.equal(await passing({ overrides }, { name: 'bob' }), 1)
  t.equal(await passing({ overrides }, {}), 1)
})

t.test('whoever is on the allow list is neither limited nor told of limits', async (t) => {
  const allow = ['10.0.0.0/8', '2001:db8::/32', 'monitor']
  t.equal(await passing({ allow }, { ip: '10.1.2.3' }), 10)
  t.equal(await passing({ allow }, { ip: '::ffff:10.1.2.3' }), 10)
  t.equal(await passing({ allow }, { ip: '2001:db8::1' }), 10)
  t.equal(await passing({ allow }, { name: 'monitor' }), 10)
  t.equal(await passing({ allow }, { ip: '11.1.2.3', name: 'other' }), 1)
  const { inject, close } = await testPlugin(rateLimit, { limit: 1, window: '1m', allow: ['192.0.2.7'] })
  t.teardown(close)
  t.notOk('ratelimit' in (await inject('/')).headers)
})
