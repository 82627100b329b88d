import t from 'tap'
import { startGateway, type Teardown } from '../support/gateway.ts'
import { type Origin, type SeenRequest, startRecordingOrigin } from '../support/origin.ts'
import { field, rawRequest } from '../support/raw-client.ts'
import { expectRefusal } from '../support/refused.ts'

/** A host of its own, and everything else; both see the host that the gateway saw. */
async function start(t: Teardown) {
  const origin: Origin & { readonly seen: SeenRequest[] } = await startRecordingOrigin(t)
  const gateway = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"], hostHeader: preserve } }
routes:
  - { name: shop, match: { path: /*, hosts: [shop.example] }, upstream: origin, plugins: { headers: { request: { set: { x-route: shop } } } } }
  - { name: any, match: { path: /* }, upstream: origin }`
  )
  return { origin, gateway }
}

const SHOP = [
  'shop.example',
  'SHOP.Example',
  'shop.example.',
  'shop.example:80',
  'shop.example:',
  'shop.example.:8080',
  'shop.example:0080',
  ' shop.example\t'
]
const OTHERS = [
  'shop',
  'a_b.example',
  'xn--sch-1na.example',
  'shop.example.org',
  "a-z0~!$&'()*+;=9",
  '192.0.2.1',
  '192.0.2.1:65535',
  '[::1]',
  '[::1]:8080',
  '[2001:DB8::1]',
  '[::ffff:192.0.2.1]'
]
const NO_HOSTS = [
  '',
  ' ',
  '.',
  '.shop.example',
  'shop..example',
  'shop.example..',
  'shop.example:65536',
  'shop.example:100000',
  'shop.example:-1',
  'shop.example:+80',
  'shop.example:http',
  'shop.example:80:80',
  ':80',
  'shop example',
  'shop\texample',
  'shop.example, other.example',
  'user@shop.example',
  'shop.example/x',
  'shop.example?x',
  'shop.example#x',
  'shop.example\\x',
  'http://shop.example',
  'sh%6fp.example',
  'shop%2eexample',
  'shop.example%00',
  'shop.ex\xe4mple',
  '"shop.example"',
  '::1',
  '[::1',
  '::1]',
  '[]',
  '[1]',
  '[:::]',
  '[::1]x',
  '[::1].example',
  '[::1]:65536',
  '[fe80::1%25eth0]',
  '[v1.x]',
  '[192.0.2.1]'
]

t.test('spellings of one host reach its route, and no other does', async (t) => {
  const { origin, gateway } = await start(t)
  for (const [hosts, route] of [[SHOP, 'shop'] as const, [OTHERS, undefined] as const]) {
    for (const host of hosts) {
      t.equal((await rawRequest(t, gateway.port, `GET /x HTTP/1.1\r\nHost: ${host}\r\n\r\n`)).status, 200, host)
      const { rawHeaders } = origin.seen.at(-1) as SeenRequest
      t.equal(field(rawHeaders, 'x-route'), route, host)
      t.equal(field(rawHeaders, 'host'), host.trim(), 'the upstream sees what was sent')
    }
  }
})

t.test('what is not one host is refused, in the field and in an absolute target', async (t) => {
  const { origin, gateway } = await start(t)
  for (const host of NO_HOSTS) {
    await expectRefusal(t, gateway, `Host: ${JSON.stringify(host)}`, `GET /x HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 400, 'SP_BAD_REQUEST')
    // These have another meaning there: they end the authority.
    if (/[/?]/.test(host)) continue
    const target = `GET http://${host}/x HTTP/1.1\r\nHost: shop.example\r\n\r\n`
    await expectRefusal(t, gateway, `http://${JSON.stringify(host)}`, target, 400, 'SP_BAD_REQUEST')
  }
  t.same(origin.seen, [])
})

t.test('Host is needed once from HTTP/1.1 on', async (t) => {
  const { gateway } = await start(t)
  await expectRefusal(t, gateway, 'none', 'GET /x HTTP/1.1\r\n\r\n', 400, 'SP_BAD_REQUEST')
  for (const version of ['1.0', '1.1']) {
    for (const second of ['shop.example', 'other.example']) {
      const request = `GET /x HTTP/${version}\r\nHost: shop.example\r\nX-A: b\r\nhOST: ${second}\r\n\r\n`
      await expectRefusal(t, gateway, `HTTP/${version}, two`, request, 400, 'SP_BAD_REQUEST')
    }
  }
  t.equal((await rawRequest(t, gateway.port, 'GET /x HTTP/1.0\r\n\r\n')).status, 200)
})
