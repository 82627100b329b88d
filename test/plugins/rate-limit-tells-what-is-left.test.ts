import t from 'tap'
import rateLimit from '../../plugins/rate-limit/index.ts'
import { testPlugin } from '../../src/plugin-api/testing.ts'

const LIMITS = [
  { name: 'second', limit: 2, window: '1s', algorithm: 'fixed-window' },
  { name: 'minute', limit: 3, window: '1m', algorithm: 'sliding-window' }
]

t.test('every limit has its item, and Retry-After is that of the limit that refuses for longest', async (t) => {
  const { clock, inject, close } = await testPlugin(rateLimit, { limits: LIMITS, legacyHeaders: true })
  t.teardown(close)
  const first = await inject('/')
  t.equal(first.headers['ratelimit-policy'], '"second";q=2;w=1, "minute";q=3;w=60')
  t.equal(first.headers['ratelimit'], '"second";r=1;t=1, "minute";r=2;t=60')
  t.match(
    first.headers,
    { 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '1' },
    'of the one that is nearest to its end'
  )
  clock.advance(1000)
  await inject('/')
  await inject('/')
  const refused = await inject('/')
  t.equal(refused.statusCode, 429)
  t.match(refused.json(), { code: 'SP_RATE_LIMITED', detail: 'The limit "minute" of 3 in 1m is used up.' })
  t.equal(refused.headers['retry-after'], '59', 'both refuse; the first admission of the minute is 59 s from its end')
  t.equal(refused.headers['ratelimit'], '"second";r=0;t=1, "minute";r=0;t=60')
  t.match(refused.headers, { 'x-ratelimit-limit': '3', 'x-ratelimit-remaining': '0' })
})

t.test('without legacyHeaders there are none', async (t) => {
  const { inject, close } = await testPlugin(rateLimit, { limit: 1, window: '1s' })
  t.teardown(close)
  for (let i = 0; i < 2; i++) t.notMatch(Object.keys((await inject('/')).headers).join(' '), /x-ratelimit/)
})

t.test('a dry run refuses nobody and tells the metrics only', async (t) => {
  const { inject, counters, close } = await testPlugin(rateLimit, { limit: 1, window: '1m', dryRun: true, name: 'trial' })
  t.teardown(close)
  const answers = [await inject('/'), await inject('/'), await inject('/')]
  t.same(
    answers.map(({ statusCode, headers }) => [statusCode, 'ratelimit' in headers]),
    [
      [200, false],
      [200, false],
      [200, false]
    ]
  )
  t.equal(counters.get('rate_limit_decisions_total{policy="trial",decision="allowed"}'), 1)
  t.equal(counters.get('rate_limit_decisions_total{policy="trial",decision="dry_run_refused"}'), 2)
})

t.test('gcra lets a burst through and then an even stream', async (t) => {
  const { clock, inject, close } = await testPlugin(rateLimit, { limit: 60, window: '1m', burst: 3 })
  t.teardown(close)
  const statuses = async (count: number) => {
    const seen: number[] = []
    for (let i = 0; i < count; i++) seen.push((await inject('/')).statusCode)
    return seen
  }
  t.same(await statuses(4), [200, 200, 200, 429])
  t.equal((await inject('/')).headers['retry-after'], '1')
  clock.advance(1000)
  t.same(await statuses(2), [200, 429], 'one each second')
})
