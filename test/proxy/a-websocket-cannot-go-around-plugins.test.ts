import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { field, rawRequest } from '../support/raw-client.ts'
import { startUpgradeOrigin, UPGRADE } from '../support/websocket.ts'

const PLUGINS: readonly [string, string, number, string][] = [
  ['ip-filter', '{ deny: ["127.0.0.0/8"] }', 403, 'SP_FORBIDDEN'],
  ['jwt', '{ secret: "0123456789abcdef0123456789abcdef" }', 401, 'SP_UNAUTHENTICATED']
]

for (const [name, config, status, code] of PLUGINS) {
  t.test(`${name} refuses an upgrade with ${status}`, async (t) => {
    const origin = await startUpgradeOrigin(t, (_request, socket) => socket.end())
    const { port, log } = await startGateway(t, passThrough(origin.url, `    plugins: { ${name}: ${config} }`))
    const response = await rawRequest(t, port, `${UPGRADE}\r\n`)
    t.equal(response.status, status)
    t.equal(JSON.parse(response.body.toString()).code, code)
    t.equal(field(response.fields, 'connection'), 'close')
    t.equal(origin.requests.length, 0)
    t.match(
      log.find((line) => line.msg === 'request'),
      { status, code, plugin: name }
    )
  })
}

t.test('an upgrade to a path without a route is answered 404', async (t) => {
  const origin = await startUpgradeOrigin(t, (_request, socket) => socket.end())
  const { port } = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes: [{ name: other, match: { path: /other }, upstream: origin }]`
  )
  t.equal((await rawRequest(t, port, `${UPGRADE}\r\n`)).status, 404)
  t.equal(origin.requests.length, 0)
})
