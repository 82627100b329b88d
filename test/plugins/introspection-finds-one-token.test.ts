import t from 'tap'
import introspection from '../../plugins/introspection/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import type { Teardown } from '../support/gateway.ts'
import { serviceThat } from '../support/outbound.ts'

const base = { url: 'https://id.example/introspect', bearer: 'gateway-token' }
const reason = (name: string) => `auth_failures_total{plugin="introspection",reason="${name}"}`
const several = (values: readonly string[]) => values as unknown as string

async function setUp(t: Teardown, config: object) {
  const service = serviceThat(() => ({ body: { active: true } }))
  const bench = await testPlugin(introspection, { ...base, ...config }, { http: service.request })
  t.teardown(bench.close)
  const tokens = () => service.asked.map(({ body }) => new URLSearchParams(String(body)).get('token'))
  return { ...bench, tokens }
}

t.test('the token stands in the Authorization field, whatever the case of its scheme', async (t) => {
  const { inject, tokens } = await setUp(t, {})
  await inject({ headers: { authorization: 'Bearer one' } })
  await inject({ headers: { authorization: 'bEARER   two ' } })
  t.same(tokens(), ['one', 'two'])
})

t.test('the first place that has a token counts', async (t) => {
  const { inject, tokens } = await setUp(t, { from: ['header', { cookie: 'session' }, { query: 'access_token' }] })
  await inject({ url: '/?access_token=q1', headers: { authorization: 'Bearer h1', cookie: 'session=c1' } })
  await inject({ url: '/?access_token=q2', headers: { authorization: 'Basic abc', cookie: 'a=b; session=c2' } })
  await inject({ url: '/?a=1&access_token=q%333', headers: { cookie: 'sessions=c3' } })
  t.same(tokens(), ['h1', 'c2', 'q33'])
})

t.test('a request without a token is told so, and nobody is asked', async (t) => {
  const { inject, tokens, counters } = await setUp(t, {})
  for (const headers of [{}, { authorization: 'Basic abc' }, { authorization: 'Bearerx abc' }, { cookie: 'session=c' }]) {
    const answer = await inject({ headers })
    t.equal(answer.statusCode, 401)
    t.equal(answer.headers['www-authenticate'], 'Bearer realm="sallyport"')
    t.equal(answer.json().detail, 'A bearer token is required.')
  }
  t.equal(counters.get(reason('missing')), 4)
  t.same(tokens(), [])
})

t.test('what is no token is refused without asking', async (t) => {
  const { inject, tokens, counters } = await setUp(t, { from: ['header', { query: 't' }] })
  for (const authorization of ['Bearer', 'Bearer ', 'Bearer a b', 'Bearer a\tb', 'Bearer \u00e9']) {
    t.equal((await inject({ headers: { authorization } })).statusCode, 401, authorization)
  }
  t.equal((await inject('/?t=')).statusCode, 401)
  t.equal((await inject('/?t=a%20b')).statusCode, 401)
  t.equal(counters.get(reason('malformed')), 7)
  t.same(tokens(), [])
})

t.test('two tokens in one place are ambiguous', async (t) => {
  const { inject, tokens, counters } = await setUp(t, { from: ['header', { cookie: 's' }, { query: 't' }] })
  const requests = [
    { headers: { authorization: several(['Bearer a', 'Bearer b']) } },
    { headers: { authorization: several(['Basic a', 'Bearer b']) } },
    { headers: { cookie: 's=1; s=2' } },
    { headers: { cookie: several(['s=1', 's=2']) } },
    { url: '/?t=1&t=2' }
  ]
  for (const request of requests) t.equal((await inject(request)).json().code, 'SP_BAD_REQUEST')
  t.equal(counters.get(reason('repeated')), requests.length)
  t.same(tokens(), [])
})
