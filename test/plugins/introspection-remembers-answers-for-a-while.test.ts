import t from 'tap'
import introspection from '../../plugins/introspection/index.ts'
import { FakeClock, testPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'
import { withAuthentication } from '../support/authentication.ts'
import { eventually } from '../support/client.ts'
import type { Teardown } from '../support/gateway.ts'
import { held, serviceThat } from '../support/outbound.ts'

const base = { url: 'https://id.example/introspect', bearer: 'gateway-token' }
const NOW = Math.floor(new FakeClock().wall() / 1000)
const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

async function setUp(t: Teardown, body: object, config: object = {}, options: TestPluginOptions = {}) {
  const service = serviceThat(() => ({ body }))
  const bench = await testPlugin(introspection, { ...base, ...config }, { http: service.request, ...options })
  t.teardown(bench.close)
  return { ...bench, asked: service.asked }
}

t.test('an active token is asked about again after `cache`', async (t) => {
  const { inject, asked, clock } = await setUp(t, { active: true }, { cache: '20s' })
  await inject(as('a'))
  clock.advance(19_999)
  t.equal((await inject(as('a'))).statusCode, 200)
  t.equal(asked.length, 1)
  clock.advance(1)
  t.equal((await inject(as('a'))).statusCode, 200)
  t.equal(asked.length, 2)
})

t.test('a remembered token is refused when it expires', async (t) => {
  const { inject, asked, clock, counters } = await setUp(t, { active: true, exp: NOW + 10 }, { leeway: '0s' })
  t.equal((await inject(as('a'))).statusCode, 200)
  clock.advance(10_000)
  t.equal((await inject(as('a'))).statusCode, 401)
  t.equal(asked.length, 1)
  t.equal(counters.get('auth_failures_total{plugin="introspection",reason="expired"}'), 1)
})

t.test('an inactive token is asked about again after `negativeCache`', async (t) => {
  const { inject, asked, clock } = await setUp(t, { active: false })
  await inject(as('a'))
  clock.advance(4_999)
  t.equal((await inject(as('a'))).statusCode, 401)
  t.equal(asked.length, 1)
  clock.advance(1)
  await inject(as('a'))
  t.equal(asked.length, 2)
})

t.test('the time of an answer that came late counts from the question', async (t) => {
  const late = held()
  const service = serviceThat((_request, count) => (count === 1 ? late.answer : { body: { active: true } }))
  const bench = await testPlugin(introspection, { ...base, cache: '10s' }, { http: service.request })
  t.teardown(bench.close)
  const first = bench.inject(as('a'))
  await eventually(() => service.asked.length === 1)
  bench.clock.advance(4_000)
  late.give({ body: { active: true } })
  t.equal((await first).statusCode, 200)
  bench.clock.advance(5_999)
  await bench.inject(as('a'))
  t.equal(service.asked.length, 1)
  bench.clock.advance(1)
  await bench.inject(as('a'))
  t.equal(service.asked.length, 2)
})

t.test('0s asks each time', async (t) => {
  for (const active of [true, false]) {
    const { inject, asked } = await setUp(t, { active }, { cache: '0s', negativeCache: '0s' })
    await inject(as('a'))
    await inject(as('a'))
    t.equal(asked.length, 2)
  }
})

t.test('each token has an answer of its own', async (t) => {
  const service = serviceThat(({ body }) => ({ body: { active: !String(body).includes('bad'), sub: String(body) } }))
  const bench = await testPlugin(introspection, base, { http: service.request })
  t.teardown(bench.close)
  t.same([(await bench.inject(as('good'))).statusCode, (await bench.inject(as('bad'))).statusCode], [200, 401])
  t.same([(await bench.inject(as('good'))).statusCode, (await bench.inject(as('bad'))).statusCode], [200, 401])
  t.equal(service.asked.length, 2)
})

t.test('garbage does not push good tokens out', async (t) => {
  const service = serviceThat(({ body }) => ({ body: { active: String(body).includes('good') } }))
  const bench = await testPlugin(introspection, { ...base, cacheSize: 2 }, { http: service.request })
  t.teardown(bench.close)
  await bench.inject(as('good'))
  for (const garbage of ['x1', 'x2', 'x3', 'x4']) await bench.inject(as(garbage))
  await bench.inject(as('good'))
  t.equal(service.asked.length, 5)
})

t.test('a reload keeps the answers, and other credentials or another server begin anew', async (t) => {
  const state = new Map<string, unknown>()
  await (await setUp(t, { active: true }, {}, { state })).inject(as('a'))
  const same = await setUp(t, { active: true }, { timeout: '1s' }, { state, route: { name: 'another' } })
  await same.inject(as('a'))
  t.equal(same.asked.length, 0)
  for (const config of [{ url: 'https://other.example' }, { bearer: 'another' }, { cache: '1m' }]) {
    const other = await setUp(t, { active: true }, config, { state })
    await other.inject(as('a'))
    t.equal(other.asked.length, 1)
  }
})

t.test('neither tokens nor secrets stand in the keys of what is kept', async (t) => {
  const state = new Map<string, unknown>()
  await (await setUp(t, { active: true }, { bearer: 'gateway-secret' }, { state })).inject(as('top-secret'))
  t.ok(state.size > 0)
  t.notMatch([...state.keys()].join(), 'gateway-secret')
})

t.test('what one request does to its claims another one does not see', async (t) => {
  const service = serviceThat(() => ({ body: { active: true, roles: ['a'] } }))
  const seen: { roles: string[] }[] = []
  const spied = withAuthentication(introspection, {
    accept(_request, _consumer, claims) {
      seen.push(claims as unknown as { roles: string[] })
    }
  })
  const bench = await testPlugin(spied, base, { http: service.request })
  t.teardown(bench.close)
  await bench.inject(as('a'))
  t.throws(() => seen[0]?.roles.push('admin'), TypeError)
  await bench.inject(as('a'))
  t.same(seen, [
    { active: true, roles: ['a'] },
    { active: true, roles: ['a'] }
  ])
  t.equal(service.asked.length, 1)
})
