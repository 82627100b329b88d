import t from 'tap'
import quota from '../../plugins/quota/index.ts'
import { FakeClock, testPlugin } from '../../src/plugin-api/testing.ts'

t.test('of several quotas all must have room, or nothing is spent', async (t) => {
  const quotas = [
    { name: 'hourly', limit: 2, per: 'hour' },
    { name: 'monthly', limit: 10, per: 'month' }
  ]
  const { clock, inject, counters, close } = await testPlugin(quota, { quotas })
  t.teardown(close)
  t.equal((await inject('/')).headers['ratelimit-policy'], '"hourly";q=2;w=3600, "monthly";q=10;w=2592000')
  await inject('/')
  const refused = await inject('/')
  t.equal(refused.statusCode, 429)
  t.match(refused.json(), { detail: 'The quota "hourly" of 2 per hour is used up.' })
  t.equal(refused.headers['ratelimit'], '"hourly";r=0;t=3600, "monthly";r=8;t=2592000', 'the month has paid for two only')
  clock.advance(3_600_000)
  t.match((await inject('/')).headers['ratelimit'], /^"hourly";r=1;t=3600, "monthly";r=7;/)
  t.equal(counters.get('quota_decisions_total{policy="hourly",decision="allowed"}'), 3)
  t.equal(counters.get('quota_decisions_total{policy="hourly",decision="refused"}'), 1)
  t.equal(counters.get('quota_decisions_total{policy="monthly",decision="refused"}'), 0, 'it did not refuse')
})

t.test('a request costs what is configured, or what the answer says', async (t) => {
  const fixed = await testPlugin(quota, { limit: 10, per: 'day', cost: 4 })
  t.teardown(fixed.close)
  t.equal((await fixed.inject('/')).headers['ratelimit'], '"quota";r=6;t=86400')

  const state = new Map<string, unknown>()
  const clock = new FakeClock()
  const ask = async (headers: Record<string, string>) => {
    const bench = await testPlugin(quota, { limit: 10, per: 'day', cost: { responseHeader: 'X-Cost' } }, { state, clock, answer: { headers } })
    const answer = await bench.inject('/')
    await bench.close()
    t.notOk('x-cost' in answer.headers)
    return [answer.statusCode, answer.headers['ratelimit']]
  }
  t.same(await ask({ 'x-cost': '12' }), [200, '"quota";r=9;t=86400'])
  t.same(await ask({}), [429, '"quota";r=0;t=86400'], 'charged beyond the quota')
})

t.test('a dry run refuses nobody and tells the metrics only', async (t) => {
  const { inject, counters, close } = await testPlugin(quota, { limit: 1, per: 'day', dryRun: true, name: 'trial' })
  t.teardown(close)
  for (let i = 0; i < 3; i++) t.match(await inject('/'), { statusCode: 200, headers: { ratelimit: undefined } })
  t.equal(counters.get('quota_decisions_total{policy="trial",decision="dry_run_refused"}'), 2)
})
