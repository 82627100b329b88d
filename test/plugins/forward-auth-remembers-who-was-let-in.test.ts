import t from 'tap'
import forwardAuth from '../../plugins/forward-auth/index.ts'
import { testPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'
import { eventually } from '../support/client.ts'
import type { Teardown } from '../support/gateway.ts'
import { held, serviceThat } from '../support/outbound.ts'

const url = 'https://auth.example'
const as = (name: string, more: object = {}) => ({ headers: { authorization: `Bearer ${name}` }, ...more })

async function setUp(t: Teardown, config: object, options: TestPluginOptions = {}) {
  const service = serviceThat(({ headers }, count) => ({ headers: { 'x-user': `${headers?.['authorization']} ${count}` } }))
  const bench = await testPlugin(forwardAuth, { url, responseHeaders: ['x-user'], ...config }, { http: service.request, ...options })
  t.teardown(bench.close)
  return { ...bench, asked: service.asked }
}

t.test('without `cache` the service is asked each time', async (t) => {
  const { inject, asked } = await setUp(t, {})
  await inject(as('alice'))
  await inject(as('alice'))
  t.equal(asked.length, 2)
})

t.test('an equal request is let in for `cache`, with the same fields for the upstream', async (t) => {
  const { inject, asked, clock } = await setUp(t, { cache: '10s' })
  t.equal((await inject(as('alice'))).json().headers['x-user'], 'Bearer alice 1')
  t.equal((await inject(as('alice'))).json().headers['x-user'], 'Bearer alice 1')
  t.equal(asked.length, 1)
  clock.advance(10_000)
  t.equal((await inject(as('alice'))).json().headers['x-user'], 'Bearer alice 2')
})

t.test('the time of an answer that came late counts from the question', async (t) => {
  const late = held()
  const service = serviceThat((_request, count) => (count === 1 ? late.answer : {}))
  const bench = await testPlugin(forwardAuth, { url, cache: '10s' }, { http: service.request })
  t.teardown(bench.close)
  const first = bench.inject(as('alice'))
  await eventually(() => service.asked.length === 1)
  bench.clock.advance(4_000)
  late.give({})
  t.equal((await first).statusCode, 200)
  bench.clock.advance(5_999)
  await bench.inject(as('alice'))
  t.equal(service.asked.length, 1)
  bench.clock.advance(1)
  await bench.inject(as('alice'))
  t.equal(service.asked.length, 2)
})

t.test('a request that differs in anything that the service sees is asked about', async (t) => {
  const { inject, asked } = await setUp(t, { cache: '10s' })
  const different = [
    as('alice'),
    as('bob'),
    as('alice', { method: 'POST' }),
    as('alice', { url: '/other' }),
    as('alice', { url: '/?a=1' }),
    { headers: { authorization: 'Bearer alice', host: 'other.example' } },
    { headers: { authorization: 'Bearer alice', cookie: 'x=1' } },
    { headers: { cookie: 'Bearer alice' } },
    {}
  ]
  for (const request of different) await inject(request)
  t.equal(asked.length, different.length)
})

t.test('by credentials only, neither the target nor the method matter', async (t) => {
  const { inject, asked } = await setUp(t, { cache: '10s', cacheByCredentialsOnly: true })
  await inject(as('alice'))
  await inject(as('alice', { method: 'POST', url: '/other?x=1' }))
  t.equal(asked.length, 1)
  await inject(as('bob'))
  t.equal(asked.length, 2)
})

t.test('by credentials only, a request without any is asked about each time', async (t) => {
  const { inject, asked } = await setUp(t, { cache: '10s', cacheByCredentialsOnly: true })
  await inject('/public')
  await inject('/private')
  t.equal(asked.length, 2)
})

t.test('refusals are not remembered', async (t) => {
  const service = serviceThat((_request, count) => ({ status: count === 1 ? 403 : 200 }))
  const bench = await testPlugin(forwardAuth, { url, cache: '10s' }, { http: service.request })
  t.teardown(bench.close)
  t.equal((await bench.inject(as('alice'))).statusCode, 403)
  t.equal((await bench.inject(as('alice'))).statusCode, 200)
})

t.test('a reload keeps what is still good, and other settings or routes begin anew', async (t) => {
  const state = new Map<string, unknown>()
  const first = await setUp(t, { cache: '10s' }, { state })
  await first.inject(as('alice'))
  const same = await setUp(t, { cache: '10s', timeout: '1s' }, { state })
  await same.inject(as('alice'))
  t.equal(same.asked.length, 0)
  for (const [config, options] of [
    [{ cache: '10s', url: 'https://other.example' }, {}],
    [{ cache: '10s', responseHeaders: ['x-user', 'x-more'] }, {}],
    [{ cache: '10s' }, { route: { name: 'another' } }]
  ] as const) {
    const other = await setUp(t, config, { state, ...options })
    await other.inject(as('alice'))
    t.equal(other.asked.length, 1)
  }
})

t.test('the groups of a remembered consumer are those of now', async (t) => {
  const state = new Map<string, unknown>()
  const config = { cache: '10s', consumerHeader: 'x-user' }
  const first = await setUp(t, config, { state })
  await first.inject(as('alice'))
  const reloaded = await setUp(t, config, { state, consumers: [{ name: 'Bearer alice 1', groups: ['new'] }] })
  t.same((await reloaded.inject(as('alice'))).json().gateway.consumer, { name: 'Bearer alice 1', groups: ['new'] })
  t.equal(reloaded.asked.length, 0)
})
