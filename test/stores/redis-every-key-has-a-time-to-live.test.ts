import { test } from 'tap'
import type { LimitRule } from '../../src/plugin-api/limits/store.ts'
import { redisMissing, startRedis } from '../support/redis.ts'
import { connectedTo, redisPlan, ruleOf } from '../support/redis-limits.ts'

const WINDOW_MS = 5000
const MONTH_MS = 31 * 86_400_000

const RULES: readonly LimitRule[] = [
  ruleOf('gcra', { id: 'gcra', windowMs: WINDOW_MS }),
  ruleOf('sliding-window', { id: 'sliding', windowMs: WINDOW_MS }),
  ruleOf('fixed-window', { id: 'fixed', windowMs: WINDOW_MS }),
  ...(['minute', 'hour', 'day', 'month'] as const).map((calendar) => ruleOf('fixed-window', { id: calendar, calendar }))
]

void test('every key has a time to live, whatever was done to it', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const { limits } = await connectedTo(t, redisPlan(server.port))
  for (const key of ['a', 'b', 'c', 'd', '']) {
    await limits.consume(RULES.map((rule) => ({ rule, key, cost: 2 })))
  }
  await limits.charge(RULES.map((rule) => ({ rule, key: 'b', cost: 30 })))
  await limits.charge(RULES.map((rule) => ({ rule, key: 'c', cost: -1 })))
  await limits.charge(RULES.map((rule) => ({ rule, key: 'd', cost: -9 })))
  await limits.charge(RULES.map((rule) => ({ rule, key: 'e', cost: 3 })))
  await limits.charge(RULES.map((rule) => ({ rule, key: 'f', cost: -3 })))
  await limits.consume(RULES.map((rule) => ({ rule, key: 'g', cost: 99 })))
  await limits.peek(RULES.map((rule) => ({ rule, key: 'h', cost: 1 })))

  const keys = await server.admin.keys('*')
  t.equal(keys.length, RULES.length * 5, 'one key for each limit and caller that has used something; none for those that have given all back')
  const lives = await Promise.all(keys.map(async (key) => ({ key, ttl: await server.admin.pttl(key) })))
  t.strictSame(
    lives.filter(({ ttl }) => ttl <= 0 || ttl > MONTH_MS + 1000),
    []
  )
  const charged = lives.find(({ key }) => key === 'sallyport:{b}g:gcra')
  t.ok(charged !== undefined && charged.ttl > WINDOW_MS * 2, 'what lies past the limit lives until it counts no more')
})
