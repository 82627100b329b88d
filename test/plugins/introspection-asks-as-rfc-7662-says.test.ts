import t from 'tap'
import introspection from '../../plugins/introspection/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'
import { serviceThat } from '../support/outbound.ts'

const url = 'https://id.example/introspect'

t.test('the token goes in a form, and the client authenticates by Basic', async (t) => {
  const service = serviceThat(() => ({ body: { active: true } }))
  const config = { url, clientId: 'gate way:ü', clientSecret: 'p%s:&+ x' }
  const bench = await testPlugin(introspection, config, { http: service.request })
  t.teardown(bench.close)
  t.equal((await bench.inject({ headers: { authorization: 'Bearer a+b/c=&token=x~' } })).statusCode, 200)
  const [{ signal, ...asked } = {}] = service.asked
  t.ok(signal instanceof AbortSignal)
  t.same(asked, {
    url,
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from('gate+way%3A%C3%BC:p%25s%3A%26%2B+x').toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json'
    },
    body: 'token=a%2Bb%2Fc%3D%26token%3Dx%7E&token_type_hint=access_token',
    timeoutMs: 2000,
    maxBytes: 65536
  })
})

t.test('a bearer token may authenticate instead, and the limits can be set', async (t) => {
  const service = serviceThat(() => ({ body: { active: true } }))
  const config = { url, bearer: 'gateway-token', timeout: '1s', maxBody: '2KiB' }
  const bench = await testPlugin(introspection, config, { http: service.request })
  t.teardown(bench.close)
  await bench.inject({ headers: { authorization: 'Bearer abc' } })
  t.match(service.asked, [{ headers: { authorization: 'Bearer gateway-token' }, timeoutMs: 1000, maxBytes: 2048 }])
})
