import t from 'tap'
import introspection from '../../plugins/introspection/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { recordingRefusals, withAuthentication } from '../support/authentication.ts'
import { serviceThat } from '../support/outbound.ts'

const config = { url: 'https://id.example/introspect', bearer: 'gateway-token' }
const token = { headers: { authorization: 'Bearer abc' } }

t.test('only a request without a token has none; a bad one and an outage are not nothing', async (t) => {
  const { refusals, port } = recordingRefusals()
  const service = serviceThat((_request, count) => (count === 1 ? { body: { active: false } } : { status: 500 }))
  const bench = await testPlugin(withAuthentication(introspection, port), { ...config, negativeCache: '0s' }, { http: service.request })
  t.teardown(bench.close)
  for (const request of ['/', token, token]) t.equal((await bench.inject(request)).statusCode, 200)
  t.same(refusals, [
    'missing SP_UNAUTHENTICATED Bearer realm="sallyport"',
    'invalid SP_UNAUTHENTICATED Bearer realm="sallyport", error="invalid_token"',
    'invalid SP_AUTH_UNAVAILABLE'
  ])
})

t.test('nobody is asked where another plugin has decided', async (t) => {
  const service = serviceThat(() => ({ status: 500 }))
  const bench = await testPlugin(withAuthentication(introspection, { isDecided: () => true }), config, { http: service.request })
  t.teardown(bench.close)
  t.equal((await bench.inject(token)).statusCode, 200)
  t.same(service.asked, [])
})
