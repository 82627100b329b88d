import t from 'tap'
import { planOf } from './fixtures.ts'

function chain(global: string, upstream: string, route: string): readonly string[] {
  const plan = planOf(`version: 1
plugins: {${global}}
upstreams: { u: { endpoints: [http://u], plugins: {${upstream}} } }
routes: [{ name: r, match: { path: / }, upstream: u, plugins: {${route}} }]
`)
  return plan.routes[0]?.plugins.map(({ alias, where }) => `${alias} ${where.replace(/\.?plugins\..*/, '') || 'global'}`) ?? []
}

t.test('phase, then scope, then the order of the YAML', (t) => {
  t.strictSame(chain('limit: {limit: 1}, jwt: {}', 'edge-b: {}', 'edge-a: {}'), [
    'edge-b upstreams.u',
    'edge-a routes[0]',
    'jwt global',
    'limit global'
  ])
  t.strictSame(chain('edge-b: {}, edge-a: {}', '', ''), ['edge-b global', 'edge-a global'])
  t.strictSame(chain('edge-a: {}, edge-b: {}', '', ''), ['edge-a global', 'edge-b global'])
  t.end()
})

t.test('the most specific one wins', (t) => {
  t.strictSame(chain('jwt: {}', 'jwt: {}', 'jwt: {}'), ['jwt routes[0]'])
  t.strictSame(chain('jwt: {}', 'jwt: {}', ''), ['jwt upstreams.u'])
  t.end()
})

t.test('false removes an inherited one', (t) => {
  t.strictSame(chain('jwt: {}, edge-a: {}', '', 'jwt: false'), ['edge-a global'])
  t.strictSame(chain('jwt: {}', 'jwt: false', 'jwt: {}'), ['jwt routes[0]'])
  t.strictSame(chain('stacking: {}', 'stacking: {}', 'stacking: false'), [])
  t.end()
})

t.test('a plugin that stacks runs in every scope', (t) => {
  t.strictSame(chain('stacking: {}', 'stacking: {}', 'stacking: {}'), ['stacking global', 'stacking upstreams.u', 'stacking routes[0]'])
  t.end()
})

t.test('a built-in runs twice under two names', (t) => {
  t.strictSame(chain('', '', 'limit: {limit: 1}, burst: {use: limit, config: {limit: 2}}'), ['limit routes[0]', 'burst routes[0]'])
  t.end()
})

t.test('null is the defaults', (t) => {
  t.strictSame(planOf('version: 1\nplugins: {jwt: }\nroutes: []\n').unmatched.plugins[0]?.config, { leeway: '30s', optional: false })
  t.end()
})

t.test('requests without a route see the global plugins', (t) => {
  const plan = planOf('version: 1\nplugins: {limit: {limit: 1}, edge-a: {}}\nroutes: []\n')
  t.strictSame(
    plan.unmatched.plugins.map(({ alias, where }) => [alias, where]),
    [
      ['edge-a', 'plugins.edge-a'],
      ['limit', 'plugins.limit']
    ]
  )
  t.end()
})
