import t from 'tap'
import { compileRouter } from '../../src/routing/router.ts'
import { factsOf, routesOf } from './kit.ts'
import { routeFor } from './kit-match.ts'

t.test('a route that names the method goes before one for any method', async (t) => {
  const routes = routesOf({ name: 'any' }, { name: 'get', methods: ['GET'] })
  t.equal(routeFor(routes, '/x'), 'get')
  t.equal(routeFor(routes, '/x', { method: 'PURGE' }), 'any')
})

t.test('HEAD is served by GET, unless a route names HEAD', async (t) => {
  const get = { name: 'get', methods: ['GET'] }
  t.equal(routeFor(routesOf(get), '/x', { method: 'HEAD' }), 'get')
  t.equal(routeFor(routesOf(get, { name: 'any' }), '/x', { method: 'HEAD' }), 'get')
  t.equal(routeFor(routesOf(get, { name: 'head', methods: ['HEAD'] }), '/x', { method: 'HEAD' }), 'head')
  t.equal(routeFor(routesOf(get, { name: 'head', methods: ['HEAD'] }), '/x', { method: 'GET' }), 'get')
})

t.test('a wrong method falls through to a less specific path', async (t) => {
  t.equal(routeFor(routesOf({ name: 'post', path: '/a', methods: ['POST'] }, { name: 'all', path: '/*' }), '/a'), 'all')
})

t.test('when only the method does not fit, the answer lists the methods that would', async (t) => {
  const routes = routesOf(
    { name: 'a', path: '/a', methods: ['POST'] },
    { name: 'b', path: '/:x', methods: ['GET', 'DELETE'] },
    { name: 'c', path: '/a', methods: ['PATCH'], headers: [{ kind: 'present', name: 'x-admin' }] },
    { name: 'd', path: '/a', methods: ['TRACE'], hosts: ['elsewhere.test'] }
  )
  t.strictSame(compileRouter(routes).match(factsOf('/a', { method: 'PUT' })), {
    kind: 'method-not-allowed',
    allow: ['DELETE', 'GET', 'HEAD', 'POST']
  })
  t.equal(routeFor(routes, '/a/b', { method: 'PUT' }), 'not-found')
})
