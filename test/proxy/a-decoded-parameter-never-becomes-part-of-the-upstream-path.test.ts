import t from 'tap'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { rawRequest } from '../support/raw-client.ts'

const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

t.test('a proxy with a parametric prefix and rewritePrefix lets %2F in a parameter choose another path', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startDefaultProxy(t, origin.url, { prefix: '/tenants/:tenant', rewritePrefix: '/t/:tenant' })
  await rawRequest(t, port, request('/tenants/x%2F..%2F..%2Fadmin/y'))
  const decoded = origin.seen[0]?.url ?? 'refused'
  t.equal(decoded, 'refused', 'the installed version refuses it')
})

t.test('the gateway refuses %2F, and where a route allows it rewrites the path as it was spelled', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - { name: strict, match: { path: /tenants/:tenant/* }, upstream: origin, rewrite: { replacePrefix: { from: /tenants, to: /t } } }
  - { name: lax, match: { path: /lax/:tenant/* }, upstream: origin, rewrite: { replacePrefix: { from: /lax, to: /t } }, allowEncodedSlash: true }`
  )
  t.equal((await rawRequest(t, port, request('/tenants/x%2F..%2F..%2Fadmin/y'))).status, 400)
  t.equal(origin.seen.length, 0)
  t.equal((await rawRequest(t, port, request('/lax/x%2fadmin/y'))).status, 200)
  t.equal(origin.seen[0]?.url, '/t/x%2Fadmin/y')
})
