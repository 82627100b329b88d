import t from 'tap'
import { diffPlans } from '../../src/config/diff.ts'
import { planOf, VALID, withTop } from './fixtures.ts'

const NONE = { added: [], removed: [], changed: [] }

t.test('equal plans', (t) => {
  t.strictSame(diffPlans(planOf(VALID), planOf(VALID)), { equal: true, routes: NONE, upstreams: NONE, listeners: NONE, settings: false })
  t.end()
})

t.test('routes, upstreams and listeners that came, went and changed', (t) => {
  const before = planOf(
    'version: 1\nupstreams: { a: { endpoints: [http://a] }, b: { endpoints: [http://b] } }\n' +
      'routes:\n  - { name: x, match: { path: /x }, upstream: a }\n  - { name: y, match: { path: /y }, upstream: b }\n'
  )
  const after = planOf(
    'version: 1\nlisteners: [{ address: ":1" }]\nupstreams: { c: { endpoints: [http://c] }, b: { endpoints: [http://b2] } }\n' +
      'routes:\n  - { name: z, match: { path: /z }, upstream: c }\n  - { name: y, match: { path: /y }, upstream: c }\n  - { name: w, match: { path: /w }, upstream: b }\n'
  )
  t.strictSame(diffPlans(before, after), {
    equal: false,
    routes: { added: ['z', 'w'], removed: ['x'], changed: ['y'] },
    upstreams: { added: ['c'], removed: ['a'], changed: ['b'] },
    listeners: { added: ['0.0.0.0:1'], removed: ['0.0.0.0:8080'], changed: [] },
    settings: false
  })
  t.end()
})

t.test('a plugin of a route changes the route, a limit changes the settings', (t) => {
  const diff = diffPlans(planOf(VALID), planOf(withTop('plugins: { jwt: {} }\nlimits: { headerCount: 5 }')))
  t.strictSame(diff.routes.changed, ['orders'])
  t.equal(diff.settings, true)
  t.end()
})
