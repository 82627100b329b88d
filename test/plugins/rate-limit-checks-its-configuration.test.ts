import t from 'tap'
import rateLimit from '../../plugins/rate-limit/index.ts'
import { checkPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'

const options: TestPluginOptions = { consumers: [{ name: 'alice', groups: ['gold'] }] }
const withRedis: TestPluginOptions = { ...options, limits: { redis: { consume: () => [], charge() {}, peek: () => [] } } }

/** `severity path` of every issue. */
const issues = (config: object, more = options) => checkPlugin(rateLimit, config, more).map(({ severity, path }) => `${severity} ${path.join('.')}`)
const one = (config: object, more = options) => issues({ limit: 10, window: '1m', ...config }, more)
const several = (...limits: object[]) => issues({ limits: limits.map((limit) => ({ limit: 1, window: '1m', name: 'a', ...limit })) })

t.test('what cannot be is an error', async (t) => {
  t.same(issues({}), ['error ', 'error '], 'neither limit nor window')
  t.same(issues({ limit: 1, window: '1m', limits: [{ name: 'a', limit: 1, window: '1m' }] }), ['error limit', 'error window'])
  t.same(one({ window: '0s' }), ['error window'])
  t.same(one({ window: '25h' }), ['error window'])
  t.same(one({ burst: 5, algorithm: 'fixed-window' }), ['error burst'])
  t.same(one({ burst: 5, algorithm: 'sliding-window' }), ['error burst'])
  t.same(one({ cost: 11 }), ['error limit'])
  t.same(one({ cost: 6, burst: 5 }), ['error limit'], 'of gcra the burst is what can come at once')
  t.same(one({ cost: 11, burst: 20 }), [])
  t.same(one({ cost: { responseHeader: 'x-cost', default: 11 } }), ['error limit'])
  t.same(one({ cost: 5, overrides: { consumers: { alice: { limit: 4 } } } }), ['error overrides.consumers.alice.limit'])
  t.same(one({ overrides: { groups: { gold: { limit: 4, window: '0s' } } } }), ['error overrides.groups.gold.window'])
  t.same(several({}, { name: 'b' }, {}), ['error limits.2.name'])
  t.same(one({ by: ['global', 'route'] }), ['error by'])
  t.same(one({ store: 'redis' }), ['error store'])
  t.same(one({ store: 'redis' }, withRedis), [])
  t.same(one({ limit: 1, window: '1d', burst: 36_526 }), ['error burst', 'warning burst'], 'more than a century')
  t.same(one({ limit: 1, window: '1d', burst: 36_525 }), ['warning burst'])
  t.same(one({ allow: ['10.0.0.0/33', '1.2.3.4/x', 'alice', '::1'] }), ['error allow.0', 'error allow.1'])
})

t.test('what is hardly meant is a warning', async (t) => {
  t.same(one({ overrides: { consumers: { bob: { limit: 1 } }, groups: { silver: { limit: 1 } } } }), [
    'warning overrides.consumers.bob',
    'warning overrides.groups.silver'
  ])
  t.same(one({ allow: ['bob'] }), ['warning allow.0'])
  t.same(one({ limit: 10_001, algorithm: 'sliding-window' }), ['warning limit'])
  t.same(one({ limit: 10_000, algorithm: 'sliding-window' }), [])
  t.same(one({ onStoreError: 'deny' }), ['warning onStoreError'])
  t.same(one({ onStoreError: 'deny' }, withRedis), [])
  t.same(one({ onStoreError: 'deny', store: 'memory' }, withRedis), ['warning onStoreError'])
  t.same(one({ maxKeys: 5 }), ['warning maxKeys'])
})

t.test('a configuration says in words what it does', async (t) => {
  const context = { route: { name: 'orders' }, hasRedis: true }
  const config = { limit: 100, window: '1m', burst: 20, by: ['consumer' as const, { header: 'X-Key' }], dryRun: false, legacyHeaders: false }
  t.same(rateLimit.describe?.(config, context), [
    'orders: 100 in 1m (20 at once) by consumer and header x-key, gcra; in redis (while it is away: local)'
  ])
  t.same(rateLimit.describe?.({ ...config, by: 'global', overrides: { groups: { gold: { limit: 9 } } } }, { ...context, hasRedis: false }), [
    'global: 100 in 1m (20 at once) for everybody over all routes, gcra; but group gold 9 in 1m; in memory'
  ])
})
