import t from 'tap'
import rateLimit from '../../plugins/rate-limit/index.ts'
import { policiesOf } from '../../plugins/rate-limit/policies.ts'
import { checkPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'

const withRedis: TestPluginOptions = { limits: { redis: { consume: () => [], charge() {}, peek: () => [] } } }

/** `severity path` of every issue. */
const issues = (lease: unknown, more: object = {}, options = withRedis) =>
  checkPlugin(rateLimit, { limit: 100, window: '1s', lease, ...more }, options).map(({ severity, path }) => `${severity} ${path.join('.')}`)

t.test('a lease that cannot be is an error', (t) => {
  t.same(issues({ units: 20 }), [])
  t.same(issues({ units: '5%', for: '500ms' }), [])
  t.same(issues({ units: 20, for: '501ms' }), ['error lease.for'], 'more than half of the window')
  t.same(issues({ units: 20, for: '0ms' }), ['error lease.for'])
  t.same(issues({ units: 20 }, { window: '100ms' }), ['error lease.for'], 'nor the usual time')
  t.same(issues({ units: 101 }), ['error lease.units'])
  t.same(issues({ units: 21 }, { burst: 20 }), ['error lease.units'], 'of gcra the burst is what can come at once')
  for (const lease of [{ units: 1 }, { units: '5' }, { units: '100%' }, {}, 20]) t.ok(issues(lease).length > 0, JSON.stringify(lease))
  t.same(
    issues(undefined, { limit: undefined, window: undefined, limits: [{ name: 'a', limit: 5, window: '1s', lease: { units: 9 } }] }),
    ['error limits.0.lease.units'],
    'of one of several limits'
  )
  t.end()
})

t.test('one without effect is a warning', (t) => {
  t.same(issues({ units: '1%' }), ['warning lease.units'], 'one unit is none beforehand')
  t.same(issues({ units: 5 }, { cost: 5 }), ['warning lease.units'])
  t.same(issues({ units: 20 }, { store: 'memory' }), ['warning lease'])
  t.same(issues({ units: 20 }, {}, {}), ['warning lease'], 'without Redis')
  t.end()
})

t.test('a share is that of the limit, also of an override, and never more than comes at once', (t) => {
  const config = {
    limits: [
      { name: 'a', limit: 1000, window: '1s', lease: { units: '5%' }, overrides: { consumers: { large: { limit: 4000 }, small: { limit: 30 } } } },
      { name: 'b', limit: 1000, window: '1m', burst: 500, lease: { units: 100, for: '1s' }, overrides: { consumers: { small: { limit: 30 } } } },
      { name: 'c', limit: 1000, window: '1m' }
    ],
    dryRun: false,
    legacyHeaders: false
  }
  const leases = policiesOf(config, 'r').map(({ usual, consumers }) => [usual, ...consumers.values()].map(({ rule }) => rule.lease))
  t.same(leases, [
    [{ units: 50, forMs: 100 }, { units: 200, forMs: 100 }, undefined],
    [
      { units: 100, forMs: 1000 },
      { units: 30, forMs: 1000 }
    ],
    [undefined]
  ])
  t.end()
})

t.test('what a lease may cost is told', (t) => {
  const config = { limit: 100, window: '1s', lease: { units: 20 }, dryRun: false, legacyHeaders: false }
  const context = { route: { name: 'orders' }, hasRedis: true }
  t.match(rateLimit.describe?.(config, context), [/; in redis \(.*\), 20 at a time for 100 ms \(each gateway may let 20 more pass\)$/])
  t.match(rateLimit.describe?.(config, { ...context, hasRedis: false }), [/; in memory$/])
  t.end()
})
