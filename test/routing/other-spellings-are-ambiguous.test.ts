import t from 'tap'
import { compileRouter } from '../../src/routing/router.ts'
import { factsOf, routesOf } from './kit.ts'
import { routeFor } from './kit-match.ts'

const routes = routesOf('/*', '/admin', '/admin/*', '/users/:id', '/Reports/:Year')

t.test('letter case, parameters and a trailing slash do not lead past a stricter route', async (t) => {
  for (const path of ['/ADMIN/x', '/Admin', '/admin;/x', '/admin;a=1/x', '/ADMIN;a/x/', '/USERS/7', '/users/7/', '/users/7/;x', '/users;x/7']) {
    t.equal(routeFor(routes, path), 'ambiguous', path)
  }
})

t.test('the answer names the route that the other spelling belongs to', async (t) => {
  t.strictSame(compileRouter(routes).match(factsOf('/ADMIN/x')), { kind: 'ambiguous', id: 2 })
})

t.test('segments that vanish with their parameters do not lead past a route either', async (t) => {
  for (const path of ['/public/..;/admin/x', '/;x/admin/x', '/.;x/admin/x', '/public/..;x=1/users/7'])
    t.equal(routeFor(routes, path), 'ambiguous', path)
  t.equal(routeFor(routesOf('/public/*', '/admin/*'), '/public/..;/admin/x'), 'ambiguous')
})

t.test('a plain spelling of a path that is configured with upper case or a trailing slash is ambiguous too', async (t) => {
  t.equal(routeFor(routes, '/reports/2026'), 'ambiguous')
  t.equal(routeFor(routes, '/Reports/2026'), '/Reports/:Year')
  t.equal(routeFor(routesOf('/*', '/admin/'), '/admin'), 'ambiguous')
  t.equal(routeFor(routesOf('/*', { regex: '/admin/' }), '/admin'), 'ambiguous')
})

t.test('a regex is asked without regard to letter case', async (t) => {
  const guarded = routesOf('/*', { regex: '/v[0-9]+/admin/.*' })
  t.equal(routeFor(guarded, '/V1/Admin/x'), 'ambiguous')
  t.equal(routeFor(guarded, '/v1/admin/X'), '/v[0-9]+/admin/.*')
})

t.test('a more specific host guards as well', async (t) => {
  const hosted = routesOf({ path: '/admin/*', hosts: ['api.test'] }, '/*')
  t.equal(routeFor(hosted, '/ADMIN/x', { host: 'api.test' }), 'ambiguous')
  t.equal(routeFor(hosted, '/ADMIN/x', { host: 'www.test' }), '/*')
})

t.test('the route for the same path guards only the methods that it has', async (t) => {
  const posts = routesOf({ path: '/orders', methods: ['POST'] }, '/*')
  t.equal(routeFor(posts, '/ORDERS', { method: 'POST' }), 'ambiguous')
  t.equal(routeFor(posts, '/ORDERS', { method: 'GET' }), '/*')
})
