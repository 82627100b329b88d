import t from 'tap'
import { cli } from '../support/cli.ts'
import { temporaryFolder } from '../support/gateway-process.ts'

const bad = `name: bad
upstreams:
  shop: { endpoints: [http://a.internal] }
load:
  - { upstream: shop, rate: 1, duration: 1s, rateLimit: { limt: 5, window: 1s } }
  - { upstream: shop, rate: 1, duration: 1s, rateLimit: { limit: 5, window: 2d } }
  - { upstream: shop, rate: 1, duration: 1s, rateLimit: { limit: 5, window: 1s, store: redis } }
  - upstream: shop
    rate: 1
    duration: 1s
    rateLimit:
      limits: [{ name: a, limit: 5, window: 1s, algorithm: fixed-window, burst: 2 }]
  - { name: last, upstream: shop, rate: 1, duration: 1s, consumer: App, groups: [a] }
  - { upstream: shop, rate: 1, duration: 1s, groups: [a] }
  - { upstream: shop, rate: 1, duration: 1s, consumer: one, groups: [a] }
  - { upstream: shop, rate: 1, duration: 1s, consumer: one, groups: [b] }
events:
  - { at: 1s, store: gone }
  - { at: 1s, store: away }
expect:
  - limited: { policy: b, max: 1 }
  - admitted: { policy: load-1 }
  - limited: { load: lst, max: 1 }
`

t.test('limits of a load are checked like those of a gateway, where they stand', async (t) => {
  const told: RegExp[] = [
    /^bad\.yaml:5:59: error: load\[0\]\.rateLimit\.limt: unknown key "limt" \(did you mean "limit"\?\)/m,
    /^bad\.yaml:6:77: error: load\[1\]\.rateLimit\.window: a window of 2d is impossible/m,
    /^bad\.yaml:7:88: error: load\[2\]\.rateLimit\.store: `store: redis` needs the top-level `redis`/m,
    /^bad\.yaml:12:81: error: load\[3\]\.rateLimit\.limits\[0\]\.burst: `fixed-window` has no burst/m,
    /^bad\.yaml:13:\d+: error: load\[4\]\.consumer: expected a name/m,
    /^bad\.yaml:14:46: error: load\[5\]\.groups: `groups` are those of a `consumer`/m,
    /^bad\.yaml:16:\d+: error: load\[7\]: the consumer "one" has other groups in an earlier load/m,
    /^bad\.yaml:18:22: error: events\[0\]\.store: expected away, silent or back/m,
    /^bad\.yaml:18:15: error: events\[0\]\.store: there is no Redis/m,
    /^bad\.yaml:19:15: error: events\[1\]\.store: there is no Redis \(add the top-level `redis: \{\}`\)/m,
    /^bad\.yaml:21:24: error: expect\[0\]\.limited\.policy: there is no limit "b"/m,
    /^bad\.yaml:22:5: error: expect\[1\]\.admitted: nothing is expected/m,
    /^bad\.yaml:23:22: error: expect\[2\]\.limited\.load: there is no load "lst" \(did you mean "last"\?\)/m
  ]
  const folder = temporaryFolder(t, { 'bad.yaml': bad })
  const { code, err } = await cli(['simulate', 'bad.yaml'], folder)
  t.equal(code, 1)
  for (const one of told) t.match(err, one)
  t.equal(err.match(/: error: /g)?.length, told.length, err)
})

t.test('warnings of the plugin are told, and the scenario is played', async (t) => {
  const folder = temporaryFolder(t, {
    'warned.yaml': `name: warned
upstreams: { shop: { endpoints: [http://a.internal] } }
load: { upstream: shop, rate: 10, duration: 2s, clients: 1, rateLimit: { limit: 5, window: 1s, onStoreError: deny } }
expect: [{ limited: { min: 1 } }]
`
  })
  const { code, out, err } = await cli(['simulate', 'warned.yaml', '--timeline'], folder)
  t.equal(code, 0)
  t.match(err, /^warned\.yaml:3:\d+: warning: load\[0\]\.rateLimit\.onStoreError: `onStoreError` has no effect/)
  t.match(out, /^ {2}limit +let pass +refused$/m, 'and what limits did is told')
  t.match(out, /^ {2}load-0 +\d+ +\d+$/m)
  t.match(out, /^ {2}second +requests +errors +limited +p50/m)
})
