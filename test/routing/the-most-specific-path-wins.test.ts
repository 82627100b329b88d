import t from 'tap'
import { routesOf } from './kit.ts'
import { paramsFor, routeFor } from './kit-match.ts'

t.test('read from the left: literal, then parameter, then regex, then wildcard', async (t) => {
  const routes = routesOf('/*', { regex: '/[a-z]+/.*' }, '/:x/:y', '/a/*', { regex: '/a/.*' }, '/a/:y', '/a/b')
  t.equal(routeFor(routes, '/a/b'), '/a/b')
  t.equal(routeFor(routes, '/a/c'), '/a/:y')
  t.equal(routeFor(routes, '/a/c/d'), '/a/.*')
  t.equal(routeFor(routes, '/a'), 'ambiguous', 'with a slash it belongs to the regex')
  t.equal(routeFor(routes, '/b/c'), '/:x/:y')
  t.equal(routeFor(routes, '/b/c/d'), '/[a-z]+/.*')
  t.equal(routeFor(routes, '/7/c/d'), '/*')
})

t.test('the leftmost difference decides', async (t) => {
  t.equal(routeFor(routesOf('/:y/b', '/a/:x'), '/a/b'), '/a/:x')
  t.equal(routeFor(routesOf('/:y/b', '/a/*'), '/a/b'), '/a/*')
})

t.test('a wildcard takes what is before its slash', async (t) => {
  t.equal(routeFor(routesOf('/a/*', '/*'), '/a'), '/a/*')
})

t.test('the longer wildcard wins', async (t) => {
  t.equal(routeFor(routesOf('/a/*', '/a/b/*', '/*'), '/a/b/c'), '/a/b/*')
})

t.test('the regex with the longer literal prefix wins', async (t) => {
  t.equal(routeFor(routesOf({ regex: '/v.*' }, { regex: '/v1-.*' }), '/v1-x'), '/v1-.*')
})

t.test('a branch that leads nowhere is left again', async (t) => {
  const routes = routesOf('/a/b/c', '/a/:x/d', '/:y/b/e', '/a/*')
  t.equal(routeFor(routes, '/a/b/d'), '/a/:x/d')
  t.equal(routeFor(routesOf('/a/b/:p/c', '/:x/b/d/:z'), '/a/b/d/e'), '/:x/b/d/:z')
  t.strictSame(paramsFor(routesOf('/a/b/:p/c', '/:x/b/d/:z'), '/a/b/d/e'), { x: 'a', z: 'e' })
  t.equal(routeFor(routes, '/a/b/e'), '/a/*')
})
