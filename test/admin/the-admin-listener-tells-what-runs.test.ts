import t from 'tap'
import { send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'

t.test('the admin listener tells what runs', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end())
  const { gateway, url, adminUrl } = await startGateway(t, passThrough(origin.url, '\nplugins: { request-id: {} }'))
  await send(url)
  const get = async (path: string) => {
    const { status, json } = await send(adminUrl + path)
    t.equal(status, 200, path)
    return json()
  }

  t.same(await get('/livez'), { status: 'alive' })
  t.same(await get('/readyz'), { status: 'ready', reasons: [] })
  t.same(await get('/routes'), [{ name: 'all', hosts: [], methods: [], path: '/*', upstream: 'origin', plugins: ['request-id'] }])
  t.same(await get('/upstreams'), [
    { name: 'origin', endpoints: [{ url: origin.url, state: 'available', weight: 1, inFlight: 0, lastFailure: null, source: 'config' }] }
  ])

  const config = await get('/config')
  t.same(Object.keys(config), ['hash', 'lastReload', 'config'])
  t.equal(config.hash, gateway.plan.hash)
  t.equal(config.lastReload, null)
  t.same(config.config.upstreams.origin.endpoints, [origin.url])
  t.equal(config.config.limits.url, '8KiB', 'with defaults')

  const metrics = await send(`${adminUrl}/metrics`)
  t.match(metrics.headers['content-type'], /^text\/plain; version=0\.0\.4/)
  t.equal((await send(`${adminUrl}/nothing`)).status, 404)
  t.match(await send(`${adminUrl}/workers`), { status: 404, text: /without workers/ })
  t.equal((await send(`${adminUrl}/reload`)).status, 404, 'a GET reloads nothing')
  const reload = await send(`${adminUrl}/reload`, { method: 'POST' })
  t.equal(reload.status, 409, 'this gateway was not started from a file')
})

t.test('an endpoint that failed says how', async (t) => {
  const { url, adminUrl } = await startGateway(t, passThrough('http://127.0.0.1:1'))
  t.equal((await send(url)).status, 502)
  const [{ endpoints }] = (await send(`${adminUrl}/upstreams`)).json()
  t.match(endpoints, [{ inFlight: 0, lastFailure: { kind: 'connect-failure', message: /ECONNREFUSED/, atMs: Number } }])
})

t.test('what the admin listener offers is not reachable through the listeners', async (t) => {
  const { url } = await startGateway(t, '')
  for (const [method, path] of [
    ['GET', '/livez'],
    ['GET', '/metrics'],
    ['GET', '/config'],
    ['POST', '/reload']
  ] as const) {
    const answer = await send(url + path, { method })
    t.match(answer.json(), { status: 404, code: 'SP_ROUTE_NOT_FOUND' }, path)
  }
})
