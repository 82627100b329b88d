import t from 'tap'
import rateLimit from '../../plugins/rate-limit/index.ts'
import { checkPlugin, testPlugin, type TestPluginOptions } from '../../src/plugin-api/testing.ts'

async function bench(t: { teardown(run: () => Promise<void>): void }, config: object = {}, options?: TestPluginOptions) {
  const made = await testPlugin(rateLimit, { limit: 3, window: '1m', algorithm: 'fixed-window', ...config }, options)
  t.teardown(made.close)
  return {
    ...made,
    statuses: async (count: number) => {
      const statuses: number[] = []
      for (let i = 0; i < count; i++) statuses.push((await made.inject('/')).statusCode)
      return statuses
    }
  }
}

t.test('exactly the limit passes, until the window ends', async (t) => {
  const { clock, statuses } = await bench(t)
  t.same(await statuses(5), [200, 200, 200, 429, 429])
  clock.advance(59_999)
  t.same(await statuses(1), [429])
  clock.advance(1)
  t.same(await statuses(4), [200, 200, 200, 429])
})

t.test('exactly the limit passes of requests at the same time', async (t) => {
  const { inject } = await bench(t, { limit: 25 })
  const answers = await Promise.all(Array.from({ length: 60 }, () => inject('/')))
  t.equal(answers.filter(({ statusCode }) => statusCode === 200).length, 25)
})

t.test('every answer tells policy and state as structured fields', async (t) => {
  const { clock, inject } = await bench(t, {}, { route: { name: 'create order "x"' } })
  const first = await inject('/')
  t.same(parseItem(first.headers['ratelimit-policy']), { name: 'create order "x"', q: 3, w: 60 })
  t.same(parseItem(first.headers['ratelimit']), { name: 'create order "x"', r: 2, t: 60 })
  t.notOk('retry-after' in first.headers)
  clock.advance(10_500)
  t.match(parseItem((await inject('/')).headers['ratelimit']), { r: 1, t: 50 })
})

t.test('a refusal says when to come again', async (t) => {
  const { clock, inject, statuses, counters } = await bench(t, { name: 'orders' })
  await statuses(3)
  clock.advance(15_000)
  const refused = await inject('/')
  t.equal(refused.json().code, 'SP_RATE_LIMITED')
  t.equal(refused.headers['retry-after'], '45')
  t.same(parseItem(refused.headers['ratelimit']), { name: 'orders', r: 0, t: 45 })
  t.same(parseItem(refused.headers['ratelimit-policy']), { name: 'orders', q: 3, w: 60 })
  t.equal(counters.get('rate_limit_decisions_total{policy="orders",decision="allowed"}'), 3)
  t.equal(counters.get('rate_limit_decisions_total{policy="orders",decision="refused"}'), 1)
})

t.test('counts outlive a reload, and a raised limit goes on with them', async (t) => {
  const state = new Map<string, unknown>()
  const first = await bench(t, {}, { state })
  t.same(await first.statuses(9), [200, 200, 200, 429, 429, 429, 429, 429, 429])
  const { clock } = first
  t.same(await (await bench(t, {}, { state, clock })).statuses(1), [429])
  t.same(await (await bench(t, { limit: 5 }, { state, clock })).statuses(3), [200, 200, 429], 'exactly the difference passes')
  t.same(await (await bench(t, { limit: 2 }, { state, clock })).statuses(1), [429])
  t.same(await (await bench(t, { window: '2m' }, { state, clock })).statuses(1), [200], 'another window is another count')
  t.same(await (await bench(t, {}, { state, clock, route: { name: 'other' } })).statuses(1), [200], 'and so is another route')
})

t.test('two limits of one route are counted together or not at all, and both tell', async (t) => {
  const made = await testPlugin(rateLimit, {
    limits: [
      { name: 'burst', limit: 2, window: '1s', algorithm: 'fixed-window' },
      { name: 'steady', limit: 5, window: '1m', algorithm: 'fixed-window' }
    ]
  })
  t.teardown(made.close)
  const first = await made.inject('/')
  t.equal(first.headers['ratelimit-policy'], '"burst";q=2;w=1, "steady";q=5;w=60')
  t.equal(first.headers['ratelimit'], '"burst";r=1;t=1, "steady";r=4;t=60')
  await made.inject('/')
  t.equal((await made.inject('/')).headers['ratelimit'], '"burst";r=0;t=1, "steady";r=3;t=60', 'refused by one, counted in none')
  for (let second = 0; second < 3; second++) {
    made.clock.advance(1000)
    await made.inject('/')
  }
  made.clock.advance(1000)
  const refused = await made.inject('/')
  t.equal(refused.statusCode, 429)
  t.equal(refused.headers['ratelimit'], '"burst";r=2;t=0, "steady";r=0;t=56')
})

t.test('a window that cannot be is an error', async (t) => {
  for (const window of ['0s', '25h']) t.match(checkPlugin(rateLimit, { limit: 1, window }), [{ severity: 'error', path: ['window'] }])
  t.match(checkPlugin(rateLimit, { limit: 0, window: '1s' }), [{ severity: 'error', path: ['limit'] }])
})

/** One item of RFC 9651 with integer parameters; throws for anything else. */
function parseItem(field: unknown): object {
  const [, name = '', parameters = ''] = /^"((?:[^"\\]|\\["\\])*)"((?:;[a-z]=\d{1,15})+)$/.exec(String(field)) ?? []
  if (parameters === '') throw new TypeError(`not an item: ${String(field)}`)
  return {
    name: name.replace(/\\(.)/g, '$1'),
    ...Object.fromEntries(
      parameters
        .slice(1)
        .split(';')
        .map((part) => part.split('='))
        .map(([key, value]) => [key, Number(value)])
    )
  }
}
