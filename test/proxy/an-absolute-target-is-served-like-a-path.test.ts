import t from 'tap'
import { startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { field, rawRequest } from '../support/raw-client.ts'

t.test('an absolute-form target is routed by its own host, and forwarded in origin form', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"], hostHeader: preserve } }
routes: [{ name: shop, match: { path: /*, hosts: [shop.example] }, upstream: origin }]`
  )
  const targets: readonly [string, string][] = [
    ['http://shop.example/a?b', '/a?b'],
    ['http://shop.example', '/'],
    ['HTTP://Shop.Example:80/x%2C', '/x%2C'],
    ['http://shop.example?q', '/?q']
  ]
  for (const [target, seen] of targets) {
    t.equal((await rawRequest(t, port, `GET ${target} HTTP/1.1\r\nHost: other.example\r\n\r\n`)).status, 200, target)
    t.equal(origin.seen.at(-1)?.url, seen)
    // RFC 9112 section 3.2.2: the Host field is ignored.
    t.match(field(origin.seen.at(-1)?.rawHeaders ?? [], 'host')?.toLowerCase(), /^shop\.example/)
  }
  t.equal((await rawRequest(t, port, 'GET http://other.example/ HTTP/1.1\r\nHost: shop.example\r\n\r\n')).status, 404)
})
