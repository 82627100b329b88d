import t from 'tap'
import { definePlugin, type PluginDefinition, type PluginRoute, Type } from '../../src/plugin-api/index.ts'
import { send } from '../support/client.ts'
import { startGateway, type Teardown, type TestGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { planWith, pluginThat } from '../support/plan.ts'

/** Tells in fields of the answer which of its instances saw a request, and what it made for the request's route. */
function marking(): { readonly plugin: PluginDefinition; readonly registered: readonly string[] } {
  const registered: string[] = []
  const plugin = definePlugin({
    name: 'marking',
    phase: 'edge',
    scopes: ['global', 'upstream', 'route'],
    shared: true,
    schema: Type.Object({ mark: Type.String({ default: 'm', description: 'Anything.' }) }, { additionalProperties: false }),
    async register(app, { mark }, deps) {
      const instance = String(registered.push(mark))
      const routeOf = await deps.perRoute((route: PluginRoute) => `${route.name} ${route.upstream} ${route.params.join()}`)
      app.addHook('onRequest', (request, _reply, done) => {
        request.gateway.setRequestHeader('x-own', `${request.gateway.route.name} ${JSON.stringify(request.params)}`)
        done()
      })
      deps.onResponseHead((request, head) => {
        head.set('x-instance', instance)
        head.set('x-route', routeOf(request))
      })
    }
  })
  return { plugin, registered }
}

const ROUTES = `routes:
  - { name: one, match: { path: '/one/:id' }, upstream: origin }
  - { name: two, match: { path: '/two/:id/:more', methods: [GET, PURGE] }, upstream: origin }
  - { name: bare, match: { path: /bare }, upstream: origin, plugins: { marking: false } }`

async function startShop(t: Teardown, more: string, plugins: readonly PluginDefinition[], routes = ROUTES): Promise<TestGateway> {
  const origin = await startOrigin(t, (request, response) => response.end(String(request.headers['x-own'])))
  const text = `${more}\nupstreams: { origin: { endpoints: ["${origin.url}"] } }\n${routes}`
  return startGateway(t, '', { plan: planWith(text, plugins) })
}

t.test('routes with the same plugins and settings share one instance of each, which tells them apart', async (t) => {
  const { plugin, registered } = marking()
  const { url } = await startShop(t, 'plugins: { marking: {} }', [plugin])
  t.same(registered, ['m', 'm'], 'one for both routes, and one for requests without a route')
  const one = await send(`${url}/one/7`)
  t.match(one, { text: 'one {"id":"7"}', headers: { 'x-instance': '1', 'x-route': 'one origin id' } })
  const two = await send(`${url}/two/8/9`, { method: 'PURGE' })
  t.match(two, { text: 'two {"id":"8","more":"9"}', headers: { 'x-instance': '1', 'x-route': 'two origin id,more' } })
  t.match((await send(`${url}/bare`)).headers, { 'x-instance': undefined })
  t.match((await send(`${url}/none`)).headers, { 'x-instance': '2', 'x-route': '_unmatched null' })
})

t.test('routes with other settings have instances of their own', async (t) => {
  const { plugin, registered } = marking()
  const routes = ['a', 'b', 'a'].map(
    (mark, i) => `  - { name: r${i}, match: { path: /r${i} }, upstream: origin, plugins: { marking: { mark: ${mark} } } }`
  )
  const { url } = await startShop(t, '', [plugin], `routes:\n${routes.join('\n')}`)
  t.same(registered, ['a', 'b'])
  t.match((await send(`${url}/r0`)).headers, { 'x-instance': '1', 'x-route': 'r0 origin' })
  t.match((await send(`${url}/r1`)).headers, { 'x-instance': '2', 'x-route': 'r1 origin' })
  t.match((await send(`${url}/r2`)).headers, { 'x-instance': '1', 'x-route': 'r2 origin' })
})

t.test('a plugin that does not say so is not shared, nor are the others of its chain', async (t) => {
  const { plugin, registered } = marking()
  const routes: string[] = []
  const own = pluginThat('own', (_app, _config, deps) => {
    routes.push(deps.route.name)
  })
  const { url } = await startShop(t, 'plugins: { marking: {}, own: {} }', [plugin, own])
  t.same(registered, ['m', 'm', 'm'])
  t.same(routes, ['one', 'two', 'bare', '_unmatched'])
  t.match((await send(`${url}/two/8/9`)).headers, { 'x-instance': '2', 'x-route': 'two origin id,more' })
})

t.test('routes whose authentication goes together in another way have instances of their own', async (t) => {
  const { plugin, registered } = marking()
  const routes = ['all', 'any', 'all'].map(
    (require, i) => `  - { name: r${i}, match: { path: /r${i} }, upstream: origin, authentication: { require: ${require} } }`
  )
  await startShop(t, 'plugins: { marking: {}, key-auth: {} }', [plugin], `routes:\n${routes.join('\n')}`)
  t.equal(registered.length, 3, 'and one for requests without a route')
})

t.test('a shared plugin that asks for its one route is told what to ask instead', async (t) => {
  const curious = pluginThat('curious', (_app, _config, deps) => void deps.route)
  await t.rejects(startShop(t, 'plugins: { curious: {}, marking: {} }', [{ ...curious, shared: true }, marking().plugin]), {
    message: /plugins\.curious.*the plugin curious is shared by routes: deps\.perRoute/
  })
})
