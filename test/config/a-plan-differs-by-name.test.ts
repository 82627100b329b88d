import t from 'tap'
import { diffPlans } from '../../src/config/diff.ts'
import { document, planOf, VALID, withRoute, withTop } from './fixtures.ts'

const ROUTE = '{ name: a, match: { path: /a }, upstream: orders }'

const NONE = { added: [], removed: [], changed: [] }

t.test('equal plans', async (t) => {
  t.strictSame(await diffPlans(planOf(VALID), planOf(VALID)), { equal: true, routes: NONE, upstreams: NONE, listeners: NONE, settings: false })
})

t.test('routes, upstreams and listeners that came, went and changed', async (t) => {
  const before = planOf(
    'version: 1\nupstreams: { a: { endpoints: [http://a] }, b: { endpoints: [http://b] } }\n' +
      'routes:\n  - { name: x, match: { path: /x }, upstream: a }\n  - { name: y, match: { path: /y }, upstream: b }\n'
  )
  const after = planOf(
    'version: 1\nlisteners: [{ address: ":1" }]\nupstreams: { c: { endpoints: [http://c] }, b: { endpoints: [http://b2] } }\n' +
      'routes:\n  - { name: z, match: { path: /z }, upstream: c }\n  - { name: y, match: { path: /y }, upstream: c }\n  - { name: w, match: { path: /w }, upstream: b }\n'
  )
  t.strictSame(await diffPlans(before, after), {
    equal: false,
    routes: { added: ['z', 'w'], removed: ['x'], changed: ['y'] },
    upstreams: { added: ['c'], removed: ['a'], changed: ['b'] },
    listeners: { added: ['0.0.0.0:1'], removed: ['0.0.0.0:8080'], changed: [] },
    settings: false
  })
})

t.test('a plugin of a route changes the route, a limit changes the settings', async (t) => {
  const diff = await diffPlans(planOf(VALID), planOf(withTop('plugins: { jwt: {} }\nlimits: { headerCount: 5 }')))
  t.strictSame(diff.routes.changed, ['orders'])
  t.equal(diff.settings, true)
})

t.test('a member of a set changes the upstream, a breaker the route, the zone and overload the settings', async (t) => {
  const before = document(ROUTE, '{ endpoints: [http://orders:3000], retry: { on: [502] } }')
  const after = document(ROUTE, '{ endpoints: [http://orders:3000], retry: { on: [503] } }')
  t.strictSame((await diffPlans(planOf(before), planOf(after))).upstreams.changed, ['orders'])
  const reordered = document(ROUTE, '{ endpoints: [http://orders:3000], retry: { on: [503, 502] } }')
  const ordered = document(ROUTE, '{ endpoints: [http://orders:3000], retry: { on: [502, 503] } }')
  t.strictSame((await diffPlans(planOf(reordered), planOf(ordered))).upstreams.changed, [])
  t.strictSame((await diffPlans(planOf(VALID), planOf(withRoute('    circuitBreaker: {}')))).routes.changed, ['orders'])
  for (const top of ['zone: eu-1', 'overload: {}']) t.equal((await diffPlans(planOf(VALID), planOf(withTop(top)))).settings, true, top)
})
