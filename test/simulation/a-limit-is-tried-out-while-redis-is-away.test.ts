import t from 'tap'
import { simulate } from '../../src/simulation/run.ts'
import { scenarioOf } from './random-scenario.ts'

/** A request in each 100 ms; Redis freezes for the third second, and is gone for the fourth. */
function run(rateLimit: object, redis: object = { roundTrip: '2ms', timeout: '150ms' }, seed = 1) {
  const scenario = {
    name: 'n',
    seed,
    upstreams: { shop: { endpoints: ['http://a.internal'] } },
    redis,
    load: {
      upstream: 'shop',
      rate: 10,
      duration: '6050ms',
      arrival: 'even',
      clients: 1,
      rateLimit: { limit: 5, window: '1s', algorithm: 'fixed-window', ...rateLimit }
    },
    events: [
      { at: '2005ms', store: 'silent' },
      { at: '3005ms', store: 'away' },
      { at: '4005ms', store: 'back' }
    ]
  }
  return simulate(scenarioOf(JSON.stringify(scenario)))
}

t.test('while Redis is away everything passes, nothing does, or this gateway counts', async (t) => {
  const allow = await run({ onStoreError: 'allow' })
  t.equal(allow.seconds[3]?.limited, 0)
  const deny = await run({ onStoreError: 'deny' })
  t.equal(deny.seconds[3]?.errors, 10)
  t.same(deny.codes['SP_OVERLOADED'], 20)
  const local = await run({ onStoreError: 'local' })
  t.equal(local.seconds[3]?.limited, 5)
  t.equal(local.codes['SP_OVERLOADED'], undefined)
  for (const report of [allow, deny, local]) {
    t.match(report.limits, [{ storeErrors: 20 }])
    t.equal(report.seconds[1]?.limited, 5, 'before it is counted there')
    t.equal(report.seconds[5]?.limited, 5, 'and afterwards again')
    t.same(report.defects, [])
  }
})

t.test('only who asks in the first moment waits for a Redis that is silent', async (t) => {
  const { seconds } = await run({ onStoreError: 'allow' })
  const p99 = (second: number): number => seconds[second]?.p99 ?? 0
  t.equal(p99(1), 7, 'a round trip and the upstream')
  t.equal(p99(2), 155, 'the timeout')
  t.equal(p99(3), 5, 'nothing any more')
})

t.test('a limit in memory does not know that Redis is away', async (t) => {
  const { limits, seconds } = await run({ store: 'memory' })
  t.match(limits, [{ storeErrors: 0 }])
  t.same(
    seconds.slice(1, 6).map(({ limited, p50 }) => `${limited} ${p50}`),
    Array.from({ length: 5 }, () => '5 0')
  )
})

t.test('a round trip that takes longer than the timeout is none', async (t) => {
  const { limits, requests, codes } = await run({ onStoreError: 'deny' }, { roundTrip: '20ms', timeout: '10ms' })
  t.match(limits, [{ storeErrors: requests }])
  t.same(codes, { SP_OVERLOADED: requests })
})

t.test('the same seed gives the same report', async (t) => {
  t.same(await run({ onStoreError: 'local' }), await run({ onStoreError: 'local' }))
})

t.test('an outage that nobody counts through is refused', (t) => {
  const text = `{ name: n, upstreams: { shop: { endpoints: [http://a.internal] } }, load: { upstream: shop, rate: 1, duration: 1s }, events: [{ at: 1s, store: away }] }`
  t.throws(() => scenarioOf(text), /events\[0\]\.store: there is no Redis \(add the top-level `redis: \{\}`\)/)
  t.end()
})
