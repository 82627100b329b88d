import t from 'tap'
import forwardAuth from '../../plugins/forward-auth/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { recordingRefusals, withAuthentication } from '../support/authentication.ts'
import { serviceThat } from '../support/outbound.ts'

const url = 'https://auth.example'
const reason = (name: string) => `auth_failures_total{plugin="forward-auth",reason="${name}"}`
const withToken = { headers: { authorization: 'Bearer abc' } }

const said = (status: number) => ({
  status,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'www-authenticate': 'Basic realm="shop"',
    location: 'https://login.example/?state=1',
    'cache-control': 'public, max-age=600',
    'x-internal': 'host-7'
  },
  setCookies: ['csrf=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT; Path=/', '__Host-b=2; Secure'],
  body: '<p>no</p>'
})

t.test('401 and 403 reach the client with their body and the fields that matter', async (t) => {
  for (const status of [401, 403]) {
    const bench = await testPlugin(forwardAuth, { url }, { http: serviceThat(() => said(status)).request })
    t.teardown(bench.close)
    const answer = await bench.inject(withToken)
    t.equal(answer.statusCode, status)
    t.equal(answer.body, '<p>no</p>')
    t.equal(answer.headers['content-type'], 'text/html; charset=utf-8')
    t.equal(answer.headers['www-authenticate'], 'Basic realm="shop"')
    t.equal(answer.headers['location'], 'https://login.example/?state=1')
    t.same(answer.headers['set-cookie'], ['csrf=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT; Path=/', '__Host-b=2; Secure'])
    t.equal(answer.headers['cache-control'], 'no-store')
    t.notOk('x-internal' in answer.headers)
    t.equal(bench.counters.get(reason(status === 401 ? 'unauthenticated' : 'forbidden')), 1)
  }
})

t.test('redirects are passed on when that is wanted, and are no decision otherwise', async (t) => {
  for (const status of [301, 302, 303, 307, 308]) {
    const passing = await testPlugin(forwardAuth, { url, passRedirects: true }, { http: serviceThat(() => said(status)).request })
    const plain = await testPlugin(forwardAuth, { url }, { http: serviceThat(() => said(status)).request })
    t.teardown(passing.close)
    t.teardown(plain.close)
    const answer = await passing.inject(withToken)
    t.equal(answer.statusCode, status)
    t.equal(answer.headers['location'], 'https://login.example/?state=1')
    t.equal(passing.counters.get(reason('redirected')), 1)
    t.equal((await plain.inject(withToken)).statusCode, 503)
  }
})

t.test('fields that could end a head are passed on harmless', async (t) => {
  const headers = { 'www-authenticate': 'Basic\r\nx: y' }
  const setCookies = ['a=\u0000b']
  const bench = await testPlugin(forwardAuth, { url }, { http: serviceThat(() => ({ status: 401, headers, setCookies })).request })
  t.teardown(bench.close)
  const answer = await bench.inject(withToken)
  t.equal(answer.headers['www-authenticate'], 'Basic??x: y')
  t.same(answer.headers['set-cookie'], ['a=?b'])
})

t.test('a request without any of the forwarded fields has no credentials', async (t) => {
  const bench = await testPlugin(forwardAuth, { url }, { http: serviceThat(() => said(401)).request })
  t.teardown(bench.close)
  await bench.inject('/')
  await bench.inject(withToken)
  t.equal(bench.counters.get(reason('missing')), 1)
  t.equal(bench.counters.get(reason('unauthenticated')), 1)
})

t.test("where others have a say, the error carries the service's challenge", async (t) => {
  const told: Record<number, string[]> = {}
  for (const status of [401, 403, 302, 500]) {
    const { refusals, port } = recordingRefusals()
    const plugin = withAuthentication(forwardAuth, port)
    const bench = await testPlugin(plugin, { url, passRedirects: true }, { http: serviceThat(() => said(status)).request })
    t.teardown(bench.close)
    t.equal((await bench.inject('/')).statusCode, 200)
    t.equal((await bench.inject(withToken)).statusCode, 200)
    told[status] = refusals
  }
  const challenged = ['missing SP_UNAUTHENTICATED Basic realm="shop"', 'invalid SP_UNAUTHENTICATED Basic realm="shop"']
  t.same(told, {
    401: challenged,
    403: ['missing SP_FORBIDDEN', 'invalid SP_FORBIDDEN'],
    302: challenged,
    500: ['invalid SP_AUTH_UNAVAILABLE', 'invalid SP_AUTH_UNAVAILABLE']
  })
})
