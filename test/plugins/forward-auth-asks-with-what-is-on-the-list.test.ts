import t from 'tap'
import forwardAuth from '../../plugins/forward-auth/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { serviceThat } from '../support/outbound.ts'

const url = 'https://auth.example/check?for=shop'

t.test('the service sees the credentials and what the gateway knows, and nothing else', async (t) => {
  const service = serviceThat(() => ({ status: 204 }))
  const bench = await testPlugin(forwardAuth, { url }, { http: service.request, clientIp: '198.51.100.9' })
  t.teardown(bench.close)
  const answer = await bench.inject({
    method: 'PUT',
    url: '/orders/7?full=1&x=%20',
    headers: {
      host: 'Shop.Example:8443',
      authorization: 'Bearer abc',
      cookie: 'a=1',
      'x-other': 'secret',
      'x-forwarded-for': '203.0.113.66',
      'x-forwarded-uri': '/public'
    }
  })
  t.equal(answer.statusCode, 200)
  t.equal(service.asked.length, 1)
  const [{ signal, ...asked } = {}] = service.asked
  t.ok(signal instanceof AbortSignal)
  t.same(asked, {
    url,
    method: 'GET',
    headers: {
      authorization: 'Bearer abc',
      cookie: 'a=1',
      'x-forwarded-method': 'PUT',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'Shop.Example:8443',
      'x-forwarded-uri': '/orders/7?full=1&x=%20',
      'x-forwarded-for': '198.51.100.9'
    },
    timeoutMs: 2000,
    maxBytes: 65536
  })
})

t.test('the list, the method and the limits can be set', async (t) => {
  const service = serviceThat(() => ({}))
  const config = { url, method: 'POST', requestHeaders: ['X-Api-Key', 'x-api-key', 'accept-language'], timeout: '500ms', maxBody: '1KiB' }
  const bench = await testPlugin(forwardAuth, config, { http: service.request })
  t.teardown(bench.close)
  await bench.inject({ headers: { 'x-api-key': 'k', authorization: 'Bearer abc' } })
  t.match(service.asked, [{ method: 'POST', timeoutMs: 500, maxBytes: 1024, headers: { 'x-api-key': 'k' } }])
  t.equal(service.asked[0]?.headers?.['authorization'], undefined)
  t.notOk('accept-language' in (service.asked[0]?.headers ?? {}))
})

t.test('every line of a field is shown', async (t) => {
  const service = serviceThat(() => ({}))
  const bench = await testPlugin(forwardAuth, { url, requestHeaders: ['x-api-key', 'cookie'] }, { http: service.request })
  t.teardown(bench.close)
  await bench.inject({ headers: { 'x-api-key': ['one', 'two'], cookie: ['a=1', 'b=2'] } as unknown as Record<string, string> })
  t.match(service.asked[0]?.headers, { 'x-api-key': 'one, two', cookie: 'a=1; b=2' })
})

t.test('the host is the one that routing went by', async (t) => {
  const service = serviceThat(() => ({}))
  const before = (request: { gateway: object }) => {
    Object.assign(request.gateway, { authority: 'target.example:81' })
  }
  const bench = await testPlugin(forwardAuth, { url }, { http: service.request, before })
  t.teardown(bench.close)
  await bench.inject({ headers: { host: 'other.example' } })
  t.same(
    service.asked.map(({ headers }) => headers?.['x-forwarded-host']),
    ['target.example:81']
  )
})
