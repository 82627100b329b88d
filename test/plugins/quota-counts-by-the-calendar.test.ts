import t from 'tap'
import quota from '../../plugins/quota/index.ts'
import { FakeClock, testPlugin } from '../../src/plugin-api/testing.ts'
import { createMemoryStore } from '../../src/stores/memory/memory-store.ts'

/** A quota on the gateway's own store, at a moment in UTC. */
async function bench(t: { teardown(run: () => Promise<void>): void }, at: string, config: object) {
  const clock = new FakeClock(5_000_000, Date.parse(at))
  const memory = createMemoryStore({ maxKeys: 100, maxBytes: 1e6, clock })
  const made = await testPlugin(quota, { limit: 2, ...config }, { clock, limits: { memory } })
  t.teardown(made.close)
  const statuses = async (count: number) => {
    const seen: number[] = []
    for (let i = 0; i < count; i++) seen.push((await made.inject('/')).statusCode)
    return seen
  }
  return { ...made, memory, statuses, goTo: (time: string) => clock.advance(Date.parse(time) - clock.wall()) }
}

t.test('a day ends at midnight in UTC, whenever its first request came', async (t) => {
  const { inject, statuses, goTo } = await bench(t, '2027-03-05T23:58:30Z', { per: 'day', name: 'calls' })
  const first = await inject('/')
  t.match(first.headers, { 'ratelimit-policy': '"calls";q=2;w=86400', ratelimit: '"calls";r=1;t=90' })
  t.same(await statuses(2), [200, 429])
  goTo('2027-03-05T23:59:59.500Z')
  const refused = await inject('/')
  t.match(refused.json(), { status: 429, code: 'SP_RATE_LIMITED', detail: 'The quota "calls" of 2 per day is used up.' })
  t.equal(refused.headers['retry-after'], '1')
  goTo('2027-03-06T00:00:00Z')
  t.same(await statuses(3), [200, 200, 429], 'all of it at once')
})

t.test('a month ends with its last day, in leap years too', async (t) => {
  for (const [last, next] of [
    ['2027-02-28', '2027-03-01'],
    ['2028-02-29', '2028-03-01'],
    ['2027-12-31', '2028-01-01']
  ] as const) {
    const { inject, statuses, goTo } = await bench(t, `${last.slice(0, 8)}02T00:00:00Z`, { per: 'month' })
    t.same(await statuses(3), [200, 200, 429])
    goTo(`${last}T23:59:50Z`)
    t.equal((await inject('/')).headers['retry-after'], '10')
    goTo(`${next}T00:00:00Z`)
    t.same(await statuses(3), [200, 200, 429], next)
  }
})

t.test('an hour ends at the full hour', async (t) => {
  const { statuses, goTo } = await bench(t, '2027-03-05T10:59:58Z', { per: 'hour' })
  t.same(await statuses(3), [200, 200, 429])
  goTo('2027-03-05T11:00:00Z')
  t.same(await statuses(3), [200, 200, 429])
})

t.test('a rolling period has no midnight, and a large one needs little memory', async (t) => {
  const { inject, statuses, goTo } = await bench(t, '2027-03-05T23:00:00Z', { per: 'day', window: 'rolling' })
  t.same(await statuses(1), [200])
  goTo('2027-03-06T01:00:00Z')
  t.same(await statuses(2), [200, 429])
  t.match((await inject('/')).json(), { detail: 'The quota "quota" of 2 in any 24 hours is used up.' })
  goTo('2027-03-06T22:59:59Z')
  t.same(await statuses(1), [429], 'never sooner')
  // It counts until the two minutes that it came in are over for certain.
  goTo('2027-03-06T23:02:00Z')
  t.same(await statuses(2), [200, 429])

  const month = await bench(t, '2027-03-05T00:00:00Z', { limit: 1_000_000, per: 'month', window: 'rolling' })
  for (let minute = 0; minute < 1200; minute++) {
    month.clock.advance(60_000)
    await month.inject('/')
  }
  t.equal((await month.inject('/')).headers['ratelimit'], `"quota";r=${1_000_000 - 1201};t=2592000`, 'each is counted')
  t.ok(month.memory.stats.bytes < 2000, 'but 20 hours are 20 entries', { bytes: month.memory.stats.bytes })
})
