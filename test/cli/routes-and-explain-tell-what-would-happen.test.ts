import t from 'tap'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cli } from '../support/cli.ts'
import { compilePlan, document, startGateway } from '../support/gateway.ts'
import { send } from '../support/client.ts'
import { startOrigin } from '../support/origin.ts'
import { temporaryFolder } from '../support/gateway-process.ts'

const shop = (origin: string) =>
  document(`
plugins: { request-id: {} }
upstreams: { shop: { endpoints: ["${origin}"] }, beta: { endpoints: ["${origin}"] } }
routes:
  - name: order
    match: { path: /api/orders/:id, methods: [GET, PUT] }
    upstream: shop
    rewrite: { stripPrefix: /api }
    plugins: { headers: { request: { set: { x-a: b } } }, rate-limit: { limit: 9, window: 1m }, ip-filter: { allow: [127.0.0.1] } }
  - { name: order-beta, match: { path: /api/orders/:id, headers: { x-beta: "1" }, methods: [GET, PUT] }, upstream: beta }
  - { name: admin, match: { path: /admin/x, hosts: [shop.example] }, upstream: shop }
  - { name: rest, match: { path: /* , hosts: [shop.example] }, upstream: shop }
`)

t.test('routes lists the routes', async (t) => {
  const folder = temporaryFolder(t, { 'shop.yaml': shop('http://127.0.0.1:1'), 'bad.yaml': 'version: 3' })
  const { code, out } = await cli(['routes', 'shop.yaml'], folder)
  t.equal(code, 0)
  t.match(out, /^ROUTE +METHODS +HOSTS +PATH +UPSTREAM +PLUGINS$/m)
  t.match(out, /^order +GET,PUT +any +\/api\/orders\/:id +shop +request-id → ip-filter → rate-limit → headers$/m)
  t.match(out, /^rest +any +shop\.example +\/\* +shop +request-id$/m)
  const rows = JSON.parse((await cli(['routes', 'shop.yaml', '--format', 'json'], folder)).out) as object[]
  t.match(rows[0], { name: 'order', methods: ['GET', 'PUT'], hosts: [], path: '/api/orders/:id', upstream: 'shop' })
  const bad = await cli(['routes', 'bad.yaml'], folder)
  t.match(bad, { code: 1, out: '', err: /^bad\.yaml:1:10: error: version/m })
})

t.test('explain tells what the gateway does', async (t) => {
  const origin = await startOrigin(t, (request, response) => response.end(request.url))
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'shop.yaml'), shop(origin.url))
  const { url } = await startGateway(t, '', { plan: compilePlan(shop(origin.url)) })
  const explain = (...args: string[]) => cli(['explain', 'shop.yaml', ...args], folder)
  const ask = async (method: string, path: string, headers = {}) => (await send(url, { method, path, headers })).status

  await t.test('with the chain of plugins and the path for the upstream', async (t) => {
    const { code, out } = await explain('GET', '/api/orders/7?x=1')
    t.equal(code, 0)
    t.match(out, /^route order$/m)
    t.match(out, /^ +params +id=7$/m)
    t.match(out, /^ +path +\/orders\/7\?x=1$/m)
    t.match(out, /^ +plugins +request-id \(edge, global\) → ip-filter \(edge, route\) → rate-limit \(limit, route\) → headers \(transform, route\)$/m)
    t.match(out, /^ +rate-limit +order: 9 in 1m by ip, gcra; in memory$/m)
    t.match(out, /^ +failed +order-beta: header x-beta: /m)
    t.equal((await send(`${url}/api/orders/7?x=1`)).text, '/orders/7?x=1')
  })

  await t.test('with header fields and a host', async (t) => {
    t.match((await explain('GET', '/api/orders/7', '-H', 'X-Beta: 1')).out, /^route order-beta$/m)
    t.match((await explain('GET', 'http://shop.example/any')).out, /^route rest$/m)
    t.match((await explain('GET', '/any', '-H', 'host: shop.example')).out, /^route rest$/m)
  })

  await t.test('as JSON', async (t) => {
    const { code, out } = await explain('GET', '/api/orders/7', '--format', 'json')
    t.equal(code, 0)
    t.match(JSON.parse(out), { result: { kind: 'route' }, route: 'order', upstream: 'shop', upstreamPath: '/orders/7', considered: Array })
    t.same(
      JSON.parse(out).plugins.map((plugin: { where: string }) => plugin.where),
      ['plugins.request-id', 'routes[0].plugins.ip-filter', 'routes[0].plugins.rate-limit', 'routes[0].plugins.headers']
    )
    t.same(JSON.parse(out).plugins[2].does, ['order: 9 in 1m by ip, gcra; in memory'])
  })

  const refusals: [what: string, method: string, path: string, status: number, told: RegExp][] = [
    ['no route', 'GET', '/nowhere', 404, /^404 SP_ROUTE_NOT_FOUND: .*\n +plugins +request-id/m],
    ['another method', 'DELETE', '/api/orders/7', 405, /^405 SP_METHOD_NOT_ALLOWED: Allow: .*GET.*PUT/m],
    ['an ambiguous spelling', 'GET', '/ADMIN/x', 400, /^400 SP_BAD_REQUEST: /m],
    ['an encoded slash', 'GET', '/api/orders/a%2Fb', 400, /^400 SP_BAD_REQUEST: the path holds an encoded slash/m],
    ['dot segments', 'GET', '/api/../x', 400, /^400 SP_BAD_REQUEST: /m]
  ]
  for (const [what, method, path, status, told] of refusals) {
    await t.test(what, async (t) => {
      // Of the host that has a route for everything, as far as that is not what is asked.
      const host = status === 400 ? { host: 'shop.example' } : {}
      const { code, out } = await explain(method, path, ...Object.values(host).map((name) => `-Hhost: ${name}`))
      t.equal(code, 1)
      t.match(out, told)
      t.equal(await ask(method, path, host), status, 'the gateway agrees')
    })
  }

  await t.test('nothing of an invalid file', async (t) => {
    writeFileSync(join(folder, 'shop.yaml'), 'version: 3')
    t.match(await explain('GET', '/'), { code: 1, out: '', err: /^shop\.yaml:1:10: error: version/m })
  })
})
