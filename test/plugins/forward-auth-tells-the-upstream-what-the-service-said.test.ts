import t from 'tap'
import forwardAuth from '../../plugins/forward-auth/index.ts'
import { testPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'
import { withAuthentication } from '../support/authentication.ts'
import type { Teardown } from '../support/gateway.ts'
import { serviceThat } from '../support/outbound.ts'

const config = { url: 'https://auth.example', responseHeaders: ['X-User-Id', 'x-roles'], consumerHeader: 'X-User-Name' }
const forged = { 'x-user-id': 'root', 'x-roles': 'admin', 'x-user-name': 'root', 'x-other': 'kept' }

async function upstreamSaw(t: Teardown, headers: Record<string, string>, options: TestPluginOptions = {}) {
  const service = serviceThat(() => ({ headers }))
  const bench = await testPlugin(forwardAuth, config, { http: service.request, ...options })
  t.teardown(bench.close)
  return (await bench.inject({ headers: { ...forged, authorization: 'Bearer abc' } })).json()
}

t.test('fields of the answer replace those of the client, and those that it has not are removed', async (t) => {
  const seen = await upstreamSaw(t, { 'x-user-id': 'u1', 'x-secret': 's' })
  t.equal(seen.headers['x-user-id'], 'u1')
  t.notOk('x-roles' in seen.headers)
  t.notOk('x-user-name' in seen.headers)
  t.notOk('x-secret' in seen.headers)
  t.equal(seen.headers['x-other'], 'kept')
  t.equal(seen.headers['authorization'], 'Bearer abc')
})

t.test('what could end a field becomes harmless', async (t) => {
  const seen = await upstreamSaw(t, { 'x-user-id': 'u\r\nx-admin: 1\u0000' })
  t.equal(seen.headers['x-user-id'], 'u??x-admin: 1?')
})

t.test('the consumer has the name that the answer gives, and its groups when the document knows it', async (t) => {
  const consumers = [{ name: 'alice', groups: ['staff'] }]
  t.same((await upstreamSaw(t, { 'x-user-name': 'alice' }, { consumers })).gateway.consumer, { name: 'alice', groups: ['staff'] })
  t.same((await upstreamSaw(t, { 'x-user-name': 'bob' }, { consumers })).gateway.consumer, { name: 'bob', groups: [] })
  t.equal((await upstreamSaw(t, {}, { consumers })).gateway.consumer, null)
  t.equal((await upstreamSaw(t, { 'x-user-name': ' ' }, { consumers })).gateway.consumer, null)
})

t.test('forged fields are removed also where another plugin has decided already', async (t) => {
  const service = serviceThat(() => ({}))
  const decided = withAuthentication(forwardAuth, { isDecided: () => true })
  const bench = await testPlugin(decided, config, { http: service.request })
  t.teardown(bench.close)
  const { headers } = (await bench.inject({ headers: forged })).json()
  t.same(service.asked, [])
  for (const name of ['x-user-id', 'x-roles', 'x-user-name']) t.notOk(name in headers, name)
  t.equal(headers['x-other'], 'kept')
})

t.test('forged fields are removed also where a refusal is not the last word', async (t) => {
  const service = serviceThat(() => ({ status: 401 }))
  const bench = await testPlugin(forwardAuth, config, { http: service.request, require: 'any' })
  t.teardown(bench.close)
  const answer = await bench.inject({ headers: forged })
  t.equal(answer.statusCode, 200)
  t.notOk('x-user-id' in answer.json().headers)
  t.equal(answer.json().gateway.consumer, null)
})
