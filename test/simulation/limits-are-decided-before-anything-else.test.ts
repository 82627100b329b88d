import t from 'tap'
import { simulate } from '../../src/simulation/run.ts'
import { scenarioOf } from './random-scenario.ts'

const base = {
  name: 'n',
  upstreams: { shop: { endpoints: ['http://a.internal'], bulkhead: { maxConcurrent: 5, maxQueued: 0 }, circuitBreaker: { minimumRequests: 5 } } }
}

/** Ten requests a second, evenly. */
const load = { upstream: 'shop', rate: 10, duration: '10s', arrival: 'even', clients: 1 }

function run(loads: readonly object[], more: object = {}) {
  return simulate(scenarioOf(JSON.stringify({ ...base, ...more, load: loads })))
}

t.test('a request beyond a limit is answered with 429 and asks nothing of bulkheads, breakers and endpoints', async (t) => {
  // Everything that is let pass hangs: the five places are taken for good.
  const report = await run([{ ...load, rateLimit: { name: 'slow', limit: 4, window: '1d', algorithm: 'sliding-window' } }], {
    endpoints: { 'a.internal': { hang: true } },
    events: []
  })
  t.match(report, { attempts: 4, breakerRejections: 0, queueRejections: 0, codes: { SP_RATE_LIMITED: report.requests - 4 } })
  t.match(report.limits, [{ policy: 'slow', allowed: 4, refused: report.requests - 4, storeErrors: 0 }])
  t.same(report.defects, [])
  t.equal(report.requests, 99)
})

t.test('limits count as the plugin does', async (t) => {
  const limits = { limit: 10, window: '1d', algorithm: 'fixed-window' }
  const cases: readonly { readonly says: string; readonly loads: readonly object[]; readonly passed: number }[] = [
    { says: 'each address by itself', loads: [{ ...load, clients: 2, rateLimit: limits }], passed: 20 },
    { says: 'everybody together', loads: [{ ...load, clients: 2, rateLimit: { ...limits, by: 'route' } }], passed: 10 },
    { says: 'several units at once', loads: [{ ...load, rateLimit: { ...limits, cost: 5 } }], passed: 2 },
    {
      says: 'a consumer wherever it asks from, with an amount of its own',
      loads: [{ ...load, clients: 50, consumer: 'app', rateLimit: { ...limits, by: 'consumer', overrides: { consumers: { app: { limit: 15 } } } } }],
      passed: 15
    },
    {
      says: 'by the group of the consumer',
      loads: [{ ...load, consumer: 'app', groups: ['partners'], rateLimit: { ...limits, overrides: { groups: { partners: { limit: 12 } } } } }],
      passed: 12
    },
    {
      says: 'two loads together when the limit is global, and apart when it is not',
      loads: [
        { ...load, rateLimit: { ...limits, name: 'shared', by: ['global', 'ip'] } },
        { ...load, rateLimit: { ...limits, name: 'shared', by: ['global', 'ip'] } },
        { ...load, rateLimit: limits }
      ],
      passed: 20
    },
    { says: 'not at all who is on the list', loads: [{ ...load, rateLimit: { ...limits, allow: ['10.0.0.0/8'] } }], passed: 99 }
  ]
  for (const { says, loads, passed } of cases) {
    const report = await run(loads)
    t.equal(report.answers['200'], passed, says)
    t.same(report.defects, [], says)
  }
})

t.test('a dry run refuses nobody and is told apart', async (t) => {
  const report = await run([{ ...load, rateLimit: { limit: 9, window: '1d', algorithm: 'fixed-window', dryRun: true } }])
  t.match(report, { answers: { 200: 99 }, limits: [{ policy: 'load-0', allowed: 9, refused: 0, dryRunRefused: 90 }] })
})

t.test('a load that has no limit is not asked about one', async (t) => {
  const report = await run(
    [
      { ...load, name: 'free' },
      { ...load, rateLimit: { limit: 1, window: '1d' } }
    ],
    {
      expect: [
        { limited: { load: 'free', max: 0 } },
        { limited: { load: 'load-1', min: 98, max: 98 } },
        { limited: { policy: 'load-1', from: '5s', min: 50, max: 50 } },
        { admitted: { policy: 'load-1', within: '1s', min: 1, max: 1 } },
        { answers: { load: 'free', status: 200, min: 99 } }
      ]
    }
  )
  t.same(
    report.expectations.filter(({ ok }) => !ok),
    []
  )
  t.equal(report.seconds[0]?.limited, 8, 'and the timeline has its own number of each second')
})
