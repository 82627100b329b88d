import t from 'tap'
import forwardAuth from '../../plugins/forward-auth/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { serviceThat } from '../support/outbound.ts'

const url = 'https://auth.example'

t.test('a service that does not answer, or gives no decision, lets nobody in', async (t) => {
  const outages = {
    'no answer': () => {
      throw new Error('https://auth.example: no answer within 2000 ms')
    },
    ...Object.fromEntries([100, 300, 302, 304, 400, 402, 404, 407, 429, 500, 502, 503].map((status) => [status, () => ({ status })]))
  }
  for (const [name, answer] of Object.entries(outages)) {
    const bench = await testPlugin(forwardAuth, { url, passRedirects: true }, { http: serviceThat(answer).request })
    t.teardown(bench.close)
    const refused = await bench.inject({ headers: { authorization: 'Bearer top-secret' } })
    t.equal(refused.statusCode, 503, name)
    t.equal(refused.json().code, 'SP_AUTH_UNAVAILABLE')
    t.notMatch(refused.body, 'auth.example')
    t.equal(bench.counters.get('auth_failures_total{plugin="forward-auth",reason="unavailable"}'), 1)
    t.equal(bench.logged.filter(({ level }) => level === 'warn').length, 1)
    t.notMatch(JSON.stringify(bench.logged), 'top-secret')
  }
})

t.test('an outage is not remembered', async (t) => {
  const service = serviceThat((_request, count) => ({ status: count === 1 ? 500 : 200 }))
  const bench = await testPlugin(forwardAuth, { url, cache: '1m' }, { http: service.request })
  t.teardown(bench.close)
  t.equal((await bench.inject('/')).statusCode, 503)
  t.equal((await bench.inject('/')).statusCode, 200)
})

t.test('what was decided stays decided while the service is away', async (t) => {
  const service = serviceThat((_request, count) => ({ status: count === 1 ? 200 : 500 }))
  const bench = await testPlugin(forwardAuth, { url, cache: '1m' }, { http: service.request })
  t.teardown(bench.close)
  t.equal((await bench.inject('/')).statusCode, 200)
  bench.clock.advance(59_999)
  t.equal((await bench.inject('/')).statusCode, 200)
  bench.clock.advance(1)
  t.equal((await bench.inject('/')).statusCode, 503)
})
