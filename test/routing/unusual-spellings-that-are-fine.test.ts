import t from 'tap'
import { routesOf } from './kit.ts'
import { routeFor } from './kit-match.ts'

t.test('a spelling that stays with the same route, or an equally specific one, is no reason to refuse', async (t) => {
  const routes = routesOf('/*', '/users/:id', '/files/*', '/a', '/a/')
  t.equal(routeFor(routes, '/users/AbC'), '/users/:id')
  t.equal(routeFor(routes, '/users/a;v=1'), '/users/:id')
  t.equal(routeFor(routes, '/files/'), '/files/*')
  t.equal(routeFor(routes, '/files/Report.PDF'), '/files/*')
  t.equal(routeFor(routes, '/a/'), '/a/')
  t.equal(routeFor(routes, '/a'), '/a')
  t.equal(routeFor(routes, '/OTHER/'), '/*')
  t.equal(routeFor(routes, '/'), '/*')
})

t.test('the digits of a percent escape are not letters', async (t) => {
  t.equal(routeFor(routesOf('/*', '/caf%C3%A9'), '/caf%C3%A9'), '/caf%C3%A9')
})

t.test('what no route matches literally stays not found', async (t) => {
  t.equal(routeFor(routesOf('/admin/*'), '/ADMIN/x'), 'not-found')
  t.equal(
    routeFor(routesOf({ path: '/admin', methods: ['GET'] }, { path: '/:x', methods: ['GET'] }), '/ADMIN', { method: 'POST' }),
    'method-not-allowed'
  )
})
