import { test } from 'tap'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { eventually, send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { scrape } from '../support/metrics.ts'
import { startOrigin } from '../support/origin.ts'
import { redisMissing, startRedis, type RedisServer } from '../support/redis.ts'
import { connectedTo, redisPlan, ruleOf, type TestRedis } from '../support/redis-limits.ts'

const rule = ruleOf('fixed-window', { limit: 1000 })
const ask = ({ limits }: TestRedis) => limits.consume([{ rule, key: 'a', cost: 1 }])
const QUIET_MS = 10_000
const SECRET = 'a-secret-of-operators'

/** How each kind begins and ends, in a real Redis. */
const KINDS = [
  {
    code: 'OOM',
    begin: (admin: RedisServer['admin']) => admin.config('SET', 'maxmemory', '1'),
    end: (admin: RedisServer['admin']) => admin.config('SET', 'maxmemory', '0')
  },
  {
    code: 'NOPERM',
    begin: (admin: RedisServer['admin']) => admin.acl('SETUSER', 'gateway', '-evalsha', '-eval'),
    end: (admin: RedisServer['admin']) => admin.acl('SETUSER', 'gateway', '+evalsha', '+eval')
  },
  {
    // The script itself fails, inside.
    code: 'ERR',
    begin: (admin: RedisServer['admin']) => admin.acl('SETUSER', 'gateway', '-set'),
    end: (admin: RedisServer['admin']) => admin.acl('SETUSER', 'gateway', '+set')
  }
] as const

void test('errors of any number of requests are told of once, and once that they are over', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  await server.admin.acl('SETUSER', 'gateway', 'on', `>${SECRET}`, '~*', '&*', '+@all')
  for (const { code, begin, end } of KINDS) {
    const clock = new FakeClock()
    const redis = await connectedTo(t, redisPlan(server.port, { username: 'gateway', password: SECRET }), clock)
    await ask(redis)
    await begin(server.admin)
    for (let i = 0; i < 20; i++) {
      clock.advance(QUIET_MS)
      await t.rejects(ask(redis), { name: 'StoreUnavailable', reason: 'failed', message: `Redis answered ${code}` })
    }
    t.strictSame(redis.errors, [{ server: 'redis', isFailing: true, code }], code)

    await end(server.admin)
    clock.advance(QUIET_MS - 1)
    await ask(redis)
    t.equal(redis.errors.length, 1, 'one answer is not yet the end')
    clock.advance(1)
    await ask(redis)
    await ask(redis)
    t.strictSame(redis.errors.slice(1), [{ server: 'redis', isFailing: false, code }])
    t.strictSame(redis.changes, [], 'it was there all the time')
  }
})

void test('a primary that has become a replica is told of by its kind', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const clock = new FakeClock()
  const redis = await connectedTo(t, redisPlan(server.port), clock)
  await ask(redis)
  await server.admin.replicaof('127.0.0.1', 1)
  let reconnected = 0
  redis.client.on('ready', () => reconnected++)
  await t.rejects(ask(redis), { name: 'StoreUnavailable', reason: 'failed' })
  await eventually(() => reconnected === 1)
  for (let i = 0; i < 20; i++) await t.rejects(ask(redis), { message: 'Redis answered READONLY' })
  clock.advance(999)
  await t.rejects(ask(redis), { name: 'StoreUnavailable', reason: 'failed' })
  t.equal(redis.client.status, 'ready', 'it looks for the new primary again, but not with each request')
  clock.advance(1)
  await t.rejects(ask(redis), { name: 'StoreUnavailable', reason: 'failed' })
  await eventually(() => reconnected === 2)
  t.strictSame(redis.errors, [{ server: 'redis', isFailing: true, code: 'READONLY' }])
  t.equal(redis.changes.length, 4)

  await server.admin.replicaof('NO', 'ONE')
  clock.advance(QUIET_MS)
  await ask(redis)
  t.equal(redis.errors.length, 2)
})

void test('an operator reads of it in the log, without secrets, and the metrics say which it is', { skip: redisMissing() }, async (t) => {
  const [origin, server] = await Promise.all([startOrigin(t, (_request, response) => response.end()), startRedis(t)])
  await server.admin.config('SET', 'requirepass', SECRET)
  await server.admin.auth(SECRET)
  const { url, adminUrl, log } = await startGateway(
    t,
    `
redis: { url: "redis://:${SECRET}@127.0.0.1:${server.port}", timeout: 2s }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes: [{ name: all, match: { path: / }, upstream: origin, plugins: { rate-limit: { limit: 1000, window: 1d, onStoreError: deny } } }]`
  )
  t.equal((await send(url)).status, 200)
  await server.admin.config('SET', 'maxmemory', '1')
  for (let i = 0; i < 5; i++) t.equal((await send(url)).status, 503)
  const lines = log.filter(({ msg }) => String(msg).startsWith('redis '))
  t.match(lines, [{ level: 'warn', server: 'redis', code: 'OOM', msg: 'redis answers with errors' }])
  t.equal(lines.length, 1)
  t.notOk(JSON.stringify(log).includes(SECRET))
  const metrics = await scrape(adminUrl)
  t.equal(metrics.get('sallyport_redis_up'), 1, 'it is there')
  t.equal(metrics.get('sallyport_rate_limit_store_errors_total{policy="all",reason="failed"}'), 5)
})
