import t from 'tap'
import { patternParamNames } from '../../src/routing/path-shape.ts'
import { routesOf } from './kit.ts'
import { paramsFor, routeFor } from './kit-match.ts'

t.test('a regex matches the whole path, whether or not its author anchored it', async (t) => {
  for (const regex of ['/v[0-9]', '^/v[0-9]$', '/x|/v[0-9]']) {
    t.equal(routeFor(routesOf({ regex }), '/v1'), regex)
    t.equal(routeFor(routesOf({ regex }), '/v12'), 'not-found')
    t.equal(routeFor(routesOf({ regex }), '/a/v1'), 'not-found')
  }
})

t.test('named groups become parameters, and a group that took no part is left out', async (t) => {
  const routes = routesOf({ regex: '/(?<lang>en|de)/(?<page>[a-z]+)(?:/(?<part>[0-9]+))?' })
  t.strictSame(paramsFor(routes, '/de/home/2'), { lang: 'de', page: 'home', part: '2' })
  t.strictSame(paramsFor(routes, '/de/home'), { lang: 'de', page: 'home' })
})

t.test('class operations of the v flag work, and expressions that only an older mode takes do too', async (t) => {
  t.equal(routeFor(routesOf({ regex: '/[[a-z]--[aeiou]]+' }), '/xyz'), '/[[a-z]--[aeiou]]+')
  t.equal(routeFor(routesOf({ regex: '/[[a-z]--[aeiou]]+' }), '/xaz'), 'not-found')
  t.equal(routeFor(routesOf({ regex: '/a\\-b' }), '/a-b'), '/a\\-b')
})

t.test('the names of the parameters are known beforehand', async (t) => {
  t.strictSame(patternParamNames({ kind: 'regex', source: '/(?<a>x)/(?:(?<b>y)|z)' }), ['a', 'b'])
  t.strictSame(patternParamNames({ kind: 'pattern', pattern: '/:tenant/x/:id/*' }), ['tenant', 'id', '*'])
  t.strictSame(patternParamNames({ kind: 'pattern', pattern: '/x' }), [])
})
