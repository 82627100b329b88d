import t from 'tap'
import rateLimit from '../../plugins/rate-limit/index.ts'
import { FakeClock, testPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'

const by = (config: object, options: TestPluginOptions) =>
  testPlugin(rateLimit, { limit: 10, window: '1m', algorithm: 'fixed-window', ...config }, options)

t.test('what the upstream says is charged afterwards, and taken out of the answer', async (t) => {
  const state = new Map<string, unknown>()
  const clock = new FakeClock()
  const ask = async (headers: Record<string, string>) => {
    const bench = await by({ cost: { responseHeader: 'X-Cost', default: 2 } }, { state, clock, answer: { headers } })
    const answer = await bench.inject('/')
    await bench.close()
    t.notOk('x-cost' in answer.headers)
    return [answer.statusCode, answer.headers['ratelimit']]
  }
  t.same(await ask({ 'x-cost': '5' }), [200, '"test";r=8;t=60'], 'two are taken at first')
  t.same(await ask({ 'x-cost': '1' }), [200, '"test";r=3;t=60'], 'five were charged')
  t.same(await ask({ 'x-cost': 'many' }), [200, '"test";r=2;t=60'], 'one was given back')
  t.same(await ask({ 'x-cost': '50' }), [200, '"test";r=0;t=60'], 'what is no number changes nothing')
  t.same(await ask({}), [429, '"test";r=0;t=60'], 'charged beyond the limit')
})

t.test('a fixed cost is taken for each request', async (t) => {
  const { inject, close } = await by({ cost: 4 }, {})
  t.teardown(close)
  t.equal((await inject('/')).headers['ratelimit'], '"test";r=6;t=60')
  await inject('/')
  t.equal((await inject('/')).statusCode, 429, 'two are left, four are asked')
})
