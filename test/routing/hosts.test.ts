import t from 'tap'
import { routesOf } from './kit.ts'
import { routeFor } from './kit-match.ts'

const routes = routesOf(
  { name: 'exact', hosts: ['api.a.example.com'] },
  { name: 'long', hosts: ['*.a.example.com'] },
  { name: 'short', hosts: ['*.example.com'] },
  { name: 'any' },
  { name: 'special', path: '/only-here', hosts: ['api.a.example.com'], methods: ['POST'] }
)

t.test('an exact host beats a longer wildcard, that a shorter one, and that no host', async (t) => {
  t.equal(routeFor(routes, '/x', { host: 'api.a.example.com' }), 'exact')
  t.equal(routeFor(routes, '/x', { host: 'www.a.example.com' }), 'long')
  t.equal(routeFor(routes, '/x', { host: 'a.example.com' }), 'short')
  t.equal(routeFor(routes, '/x', { host: 'example.com' }), 'any')
  t.equal(routeFor(routes, '/x', { host: '' }), 'any')
})

t.test('a wildcard stands for one label or several', async (t) => {
  t.equal(routeFor(routes, '/x', { host: 'c.b.example.com' }), 'short')
  t.equal(routeFor(routes, '/x', { host: '.example.com' }), 'any')
  t.equal(routeFor(routes, '/x', { host: 'badexample.com' }), 'any')
})

t.test('the host goes before the path', async (t) => {
  const both = routesOf({ name: 'host', path: '/*', hosts: ['x.test'] }, { name: 'path', path: '/a' })
  t.equal(routeFor(both, '/a', { host: 'x.test' }), 'host')
})

t.test('a more specific host without a matching route gives way', async (t) => {
  const both = routesOf({ name: 'host', path: '/b', hosts: ['x.test'] }, { name: 'any', path: '/a' })
  t.equal(routeFor(both, '/a', { host: 'x.test' }), 'any')
})

t.test('a host is taken as it is configured, whatever its letter case', async (t) => {
  t.equal(routeFor(routesOf({ name: 'upper', hosts: ['API.Example.com'] }), '/', { host: 'api.example.com' }), 'upper')
})
