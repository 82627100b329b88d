import t from 'tap'
import authorize from '../../plugins/authorize/index.ts'
import { checkPlugin } from '../../src/plugin-api/testing.ts'

const issuesOf = (config: object) => checkPlugin(authorize, config).map(({ severity, path }) => [severity, path.join('.')])

t.test('a configuration that keeps nobody out is warned of', async (t) => {
  t.strictSame(issuesOf({}), [['warning', '']])
  t.strictSame(issuesOf({ match: 'any', rolesClaim: 'x' }), [['warning', '']])
  t.strictSame(issuesOf({ methods: { POST: { groups: ['staff'] } } }), [['warning', 'methods']])
  t.strictSame(issuesOf({ groups: ['all'], methods: { POST: { groups: ['staff'] } } }), [])
  for (const kind of ['scopes', 'roles', 'groups', 'consumers']) t.strictSame(issuesOf({ [kind]: ['x'] }), [])
  t.strictSame(issuesOf({ claims: { a: 'b' } }), [])
})

t.test('an OPA that cannot be asked is an error', async (t) => {
  const opa = (settings: object) => issuesOf({ opa: { url: 'https://opa.example/v1/data/x', ...settings } })
  t.strictSame(opa({}), [])
  for (const url of ['opa.example', '/v1/data', 'file:///x', 'unix:/x', 'http://user@opa.example/', 'http://:secret@opa.example/']) {
    t.strictSame(opa({ url }), [['error', 'opa.url']], url)
  }
  t.strictSame(opa({ timeout: '0s' }), [['error', 'opa.timeout']])
})

t.test('conditions that say nothing are errors', async (t) => {
  const empty = [
    { scopes: [] },
    { roles: { any: [] } },
    { groups: {} },
    { consumers: [] },
    { claims: {} },
    { claims: { a: {} } },
    { claims: { a: [] } }
  ]
  for (const config of [
    ...empty,
    { claims: { a: null } },
    { claims: { '': 1 } },
    { methods: { get: {} } },
    { methods: { GET: { opa: {} } } },
    { scope: ['x'] }
  ]) {
    t.ok(
      issuesOf(config).some(([severity]) => severity === 'error'),
      JSON.stringify(config)
    )
  }
})
