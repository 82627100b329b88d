import t from 'tap'
import { routesOf } from './kit.ts'
import { paramsFor, routeFor } from './kit-match.ts'

const routes = routesOf('/a/b', '/users/:id', '/users/:id/orders', '/files/*', '/tenants/:tenant/*')

t.test('an exact path matches itself, with its letter case and without a trailing slash', async (t) => {
  t.equal(routeFor(routes, '/a/b'), '/a/b')
  t.equal(routeFor(routes, '/a/B'), 'not-found')
  t.equal(routeFor(routes, '/a/b/'), 'not-found')
  t.equal(routeFor(routes, '/a'), 'not-found')
})

t.test('a parameter is one segment that is not empty', async (t) => {
  t.equal(routeFor(routes, '/users/7'), '/users/:id')
  t.equal(routeFor(routes, '/users/'), 'not-found')
  t.equal(routeFor(routes, '/users'), 'not-found')
  t.equal(routeFor(routes, '/users/7/orders'), '/users/:id/orders')
  t.equal(routeFor(routes, '/users/7/other'), 'not-found')
})

t.test('a wildcard matches its prefix, with or without a slash, and everything below', async (t) => {
  t.equal(routeFor(routes, '/files'), '/files/*')
  t.equal(routeFor(routes, '/files/'), '/files/*')
  t.equal(routeFor(routes, '/files/a/b'), '/files/*')
  t.equal(routeFor(routes, '/filesystem'), 'not-found')
})

t.test('the captured values are the raw text of the path', async (t) => {
  t.strictSame(paramsFor(routes, '/users/a%20b+c'), { id: 'a%20b+c' })
  t.strictSame(paramsFor(routes, '/files/a/b/'), { '*': 'a/b/' })
  t.strictSame(paramsFor(routes, '/files'), { '*': '' })
  t.strictSame(paramsFor(routes, '/tenants/acme/x/y'), { tenant: 'acme', '*': 'x/y' })
  t.strictSame(paramsFor(routes, '/a/b'), {})
})

t.test('a root wildcard matches every path', async (t) => {
  const all = routesOf('/*', '/')
  t.equal(routeFor(all, '/'), '/')
  t.equal(routeFor(all, '/x/y'), '/*')
})

t.test('a parameter may be called like a property of every object', async (t) => {
  t.strictSame(
    paramsFor(routesOf('/:constructor/:__proto__'), '/a/b'),
    Object.fromEntries([
      ['constructor', 'a'],
      ['__proto__', 'b']
    ])
  )
})
