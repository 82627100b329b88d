import t from 'tap'
import introspection from '../../plugins/introspection/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { serviceThat } from '../support/outbound.ts'

const config = { url: 'https://id.example/introspect', clientId: 'gateway', clientSecret: 'gateway-secret' }
const token = { headers: { authorization: 'Bearer top-secret' } }

t.test('what is no clear answer lets nobody in, and tells nobody to log in', async (t) => {
  const outages = {
    'no answer': () => {
      throw new Error('https://id.example: no answer within 2000 ms')
    },
    'our credentials are wrong': () => ({ status: 401, body: { active: true } }),
    forbidden: () => ({ status: 403 }),
    'not found': () => ({ status: 404 }),
    redirect: () => ({ status: 302, headers: { location: 'https://other.example' } }),
    created: () => ({ status: 201, body: { active: true } }),
    failure: () => ({ status: 500, body: { active: true } }),
    empty: () => ({ body: '' }),
    text: () => ({ body: 'active' }),
    'a JWT': () => ({ body: 'eyJhbGciOiJub25lIn0.eyJhY3RpdmUiOnRydWV9.' }),
    null: () => ({ body: 'null' }),
    list: () => ({ body: '[{"active":true}]' }),
    'no active': () => ({ body: { sub: 'u1' } }),
    'active as text': () => ({ body: { active: 'true' } }),
    'active as number': () => ({ body: { active: 1 } }),
    'very deep': () => ({ body: `{"active":true,"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}` })
  }
  for (const [name, answer] of Object.entries(outages)) {
    const bench = await testPlugin(introspection, config, { http: serviceThat(answer).request })
    t.teardown(bench.close)
    const refused = await bench.inject(token)
    t.equal(refused.statusCode, 503, name)
    t.equal(refused.json().code, 'SP_AUTH_UNAVAILABLE')
    t.notOk('www-authenticate' in refused.headers)
    t.notMatch(refused.body, 'id.example')
    t.equal(bench.counters.get('auth_failures_total{plugin="introspection",reason="unavailable"}'), 1)
    t.equal(bench.logged.filter(({ level }) => level === 'warn').length, 1)
    t.notMatch(JSON.stringify(bench.logged), /top-secret|gateway-secret/)
  }
})

t.test('an outage is not remembered, and what is remembered outlasts it', async (t) => {
  const service = serviceThat((_request, count) => (count === 2 ? { body: { active: true } } : { status: 500 }))
  const bench = await testPlugin(introspection, config, { http: service.request })
  t.teardown(bench.close)
  t.equal((await bench.inject(token)).statusCode, 503)
  t.equal((await bench.inject(token)).statusCode, 200)
  bench.clock.advance(29_999)
  t.equal((await bench.inject(token)).statusCode, 200)
  bench.clock.advance(1)
  t.equal((await bench.inject(token)).statusCode, 503)
})

t.test('where one plugin is enough, the next one may try', async (t) => {
  const bench = await testPlugin(introspection, config, { http: serviceThat(() => ({ status: 500 })).request, require: 'any' })
  t.teardown(bench.close)
  t.equal((await bench.inject(token)).statusCode, 200)
})
