import t from 'tap'
import quota from '../../plugins/quota/index.ts'
import { checkPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'

const options: TestPluginOptions = { consumers: [{ name: 'alice', groups: ['gold'] }] }
const withRedis: TestPluginOptions = { ...options, limits: { redis: { consume: () => [], charge() {}, peek: () => [] } } }

/** `severity path` of every issue. */
const issues = (config: object, more = withRedis) => checkPlugin(quota, config, more).map(({ severity, path }) => `${severity} ${path.join('.')}`)
const one = (config: object, more = withRedis) => issues({ limit: 10, per: 'day', ...config }, more)

t.test('what cannot be is an error', async (t) => {
  t.same(issues({}), ['error ', 'error '], 'neither limit nor per')
  t.same(issues({ limit: 1, per: 'month', quotas: [{ name: 'a', limit: 1, per: 'day' }] }), ['error limit', 'error per'])
  t.match(checkPlugin(quota, { limit: 1, per: 'year' }), [{ severity: 'error', path: ['per'] }])
  t.same(issues({ quotas: ['a', 'b', 'a'].map((name) => ({ name, limit: 1, per: 'day' })) }), ['error quotas.2.name'])
  t.same(one({ cost: 11 }), ['error limit'])
  t.same(one({ cost: { responseHeader: 'x-cost', default: 11 } }), ['error limit'])
  t.same(one({ cost: 5, overrides: { consumers: { alice: { limit: 4 } } } }), ['error overrides.consumers.alice.limit'])
  t.same(one({ by: ['global', 'route'] }), ['error by'])
  t.same(one({ store: 'redis' }, options), ['error store'])
  t.same(one({}), [])
})

t.test('what is hardly meant is a warning', async (t) => {
  t.same(one({ overrides: { consumers: { bob: { limit: 1 } }, groups: { silver: { limit: 1 } } } }), [
    'warning overrides.consumers.bob',
    'warning overrides.groups.silver'
  ])
  t.same(one({ by: ['global', 'consumer'] }), ['warning by'])
  t.same(one({ onStoreError: 'deny', store: 'memory' }), ['warning onStoreError'])
})

t.test('a quota that a restart would forget is warned of, but not when it is wanted', async (t) => {
  t.match(checkPlugin(quota, { limit: 10, per: 'month' }, options), [
    { severity: 'warning', path: [], message: 'what is used of a quota is lost at a restart, and each gateway counts for itself' }
  ])
  t.same(one({ store: 'memory' }, options), [])
})

t.test('a configuration says in words what it does', async (t) => {
  const context = { route: { name: 'orders' }, hasRedis: true }
  const quotas = [
    { name: 'calls', limit: 1000, per: 'month' as const, overrides: { groups: { gold: { limit: 9000 } } } },
    { name: 'reports', limit: 5, per: 'day' as const, window: 'rolling' as const, by: ['route' as const, 'group' as const], cost: 2 }
  ]
  t.same(quota.describe?.({ quotas, dryRun: false }, context), [
    'calls: 1000 per month by consumer over all routes, calendar in UTC; but group gold 9000 per month; in redis (while it is away: local)',
    'reports: 5 in any 24 hours by group, rolling; a request costs 2; in redis (while it is away: local)'
  ])
  t.same(quota.describe?.({ limit: 7, per: 'hour', by: 'global', dryRun: true, store: 'memory' }, context), [
    'quota: 7 per hour for everybody over all routes, calendar in UTC; in memory, dry run'
  ])
})
