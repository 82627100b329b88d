import t from 'tap'
import { routesOf } from './kit.ts'
import { routeFor } from './kit-match.ts'

t.test('of two equally specific routes the higher priority wins', async (t) => {
  t.equal(routeFor(routesOf({ path: '/:a', name: 'low' }, { path: '/:b', name: 'high', priority: 1 }), '/x'), 'high')
  t.equal(routeFor(routesOf({ path: '/:a', name: 'low', priority: -1 }, { path: '/:b', name: 'high' }), '/x'), 'high')
})

t.test('no priority lifts a route above a more specific one', async (t) => {
  t.equal(routeFor(routesOf({ path: '/*', name: 'all', priority: 1000 }, { path: '/a', name: 'exact' }), '/a'), 'exact')
})
