import t from 'tap'
import concurrency from '../../plugins/concurrency/index.ts'
import { checkPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'
import { MemoryPermits } from '../../src/stores/memory/permits.ts'

const withRedis: TestPluginOptions = { limits: { permits: { memory: new MemoryPermits(), redis: new MemoryPermits() } } }

const said = (config: unknown, options?: TestPluginOptions): string[] =>
  checkPlugin(concurrency, config, options).map(({ severity, path, message }) => `${severity} ${path.join('.')}: ${message}`)

t.test('what cannot work is said at its place', (t) => {
  t.same(said({}), ['error : `limit` is missing'])
  t.same(said({ limit: 0 }), ['error limit: must be >= 1'])
  t.same(said({ limit: 2, by: ['global', 'route'] }), ['error by: `global` and `route` exclude each other'])
  t.same(said({ limit: 1, limits: [{ name: 'a', limit: 1 }] }), ['error limit: `limit` and `limits` exclude each other'])
  const twice = { name: 'a', limit: 1 }
  t.same(said({ limits: [twice, twice] }), ['error limits.1.name: there is another limit named "a"'])
  t.same(said({ limit: 1, store: 'redis' }), ['error store: `store: redis` needs the top-level `redis`'])
  t.same(said({ limit: 1, onStoreError: 'deny' }), ['warning onStoreError: `onStoreError` has no effect: the memory is never away'])
  t.same(said({ limit: 1, onStoreError: 'deny', store: 'memory' }, withRedis).length, 1)
  t.same(said({ limit: 1, overrides: { consumers: { eve: { limit: 2 } }, groups: { staff: { limit: 3 } } } }, { consumers: [{ name: 'bob' }] }), [
    'warning overrides.consumers.eve: no consumer is named "eve"',
    'warning overrides.groups.staff: no consumer is in the group "staff"'
  ])
  t.same(said({ limit: 5, store: 'redis', onStoreError: 'deny' }, withRedis), [])
  t.end()
})

t.test('it is described as a person would say it', (t) => {
  const describe = (config: object, hasRedis = false): readonly string[] =>
    concurrency.describe?.({ dryRun: false, ...config }, { route: { name: 'orders' }, hasRedis }) ?? []
  t.same(describe({ limit: 5 }), ['orders: 5 at once by consumer; in memory'])
  t.same(
    describe(
      {
        dryRun: true,
        onStoreError: 'deny',
        limits: [
          { name: 'each', limit: 2, by: ['global', 'ip'], overrides: { consumers: { alice: { limit: 9 } }, groups: { staff: { limit: 4 } } } },
          { name: 'all', limit: 100, by: 'route' }
        ]
      },
      true
    ),
    [
      'each: 2 at once by ip over all routes; but alice 9, group staff 4; in redis (while it is away: deny), dry run',
      'all: 100 at once for everybody; in redis (while it is away: deny), dry run'
    ]
  )
  t.end()
})
