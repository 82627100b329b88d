import { test } from 'tap'
import { StoreUnavailable } from '../../src/plugin-api/limits/store.ts'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { eventually } from '../support/client.ts'
import { redisMissing, startRedis } from '../support/redis.ts'
import { connectedTo, connectTo, redisPlan, ruleOf, type TestRedis } from '../support/redis-limits.ts'

const rule = ruleOf('fixed-window', { limit: 5 })
const ask = ({ limits }: TestRedis) => limits.consume([{ rule, key: 'a', cost: 1 }])
const TIMEOUT_MS = 100
const COOLDOWN_MS = 500

void test('a Redis that is gone is refused at once, and used again when it is back', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  // A clock that stands still: nothing of this may wait for a time.
  const redis = await connectedTo(t, redisPlan(server.port), new FakeClock())
  await ask(redis)
  await server.kill()
  await eventually(() => redis.changes.length === 1)
  t.match(redis.changes, [{ isUp: false, server: 'redis' }])
  for (let i = 0; i < 100; i++) await t.rejects(ask(redis), { name: 'StoreUnavailable', reason: 'disconnected' })

  await server.restart()
  await eventually(() => redis.changes.length === 2, 2000)
  t.match(redis.changes[1], { isUp: true })
  const [verdict] = await ask(redis)
  t.match(verdict, { allowed: true, remaining: 4 }, 'its memory is gone: counts begin anew')
  t.equal(redis.changes.length, 2, 'told once each time')
})

void test('those that are on their way when it dies are refused too', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const redis = await connectedTo(t, redisPlan(server.port), new FakeClock())
  server.pause()
  const asked = Promise.allSettled(Array.from({ length: 10 }, () => ask(redis)))
  await server.kill()
  t.ok((await asked).every((result) => result.status === 'rejected' && result.reason instanceof StoreUnavailable))
})

void test('a frozen Redis costs one time-out, then nothing', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const clock = new FakeClock()
  // The client's own limit is far away, ours is the one of the clock.
  const redis = await connectedTo(t, { ...redisPlan(server.port), timeoutMs: TIMEOUT_MS * 50 }, clock)
  await ask(redis)
  server.pause()
  let refused = 0
  const early = Array.from({ length: 10 }, () => ask(redis).catch(() => refused++))
  await new Promise(setImmediate)
  clock.advance(TIMEOUT_MS * 50 - 1)
  await new Promise(setImmediate)
  t.equal(refused, 0, 'not before its time')
  const late = Array.from({ length: 10 }, () => ask(redis).catch(() => refused++))
  await new Promise(setImmediate)
  clock.advance(1)
  await Promise.all([...early, ...late])
  t.equal(refused, 20, 'who came later does not wait for a time-out of his own')
  t.match(redis.changes, [{ isUp: false, reason: 'no answer in time' }])

  // Without a turn of the clock: at once.
  for (let i = 0; i < 100; i++) await t.rejects(ask(redis), { name: 'StoreUnavailable', reason: 'timeout' })
  clock.advance(COOLDOWN_MS)
  await t.rejects(ask(redis), { name: 'StoreUnavailable', reason: 'timeout' }, 'whether it is back is asked by nobody’s request')

  server.resume()
  await eventually(() => redis.changes.length === 2, 2000)
  const [verdict] = await ask(redis)
  t.ok(verdict?.allowed === false, 'it has counted those that it answered too late')
})

void test('a frozen Redis is back within 2 s after it goes on, by the real clock', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const redis = await connectedTo(t, redisPlan(server.port, { timeoutMs: TIMEOUT_MS }))
  server.pause()
  await t.rejects(ask(redis), { name: 'StoreUnavailable', reason: 'timeout' })
  // So long that the connection is given up, and new ones hang in the frozen server.
  await eventually(() => redis.client.status !== 'ready')
  server.resume()
  await eventually(() => redis.changes.at(-1)?.isUp === true, 2000)
  t.match(await ask(redis), [{ allowed: true }])
})

void test('it is found when it starts after the gateway', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  await server.kill()
  const redis = connectTo(t, redisPlan(server.port))
  await t.rejects(ask(redis), { name: 'StoreUnavailable', reason: 'disconnected' })
  await eventually(() => redis.changes.length === 1)
  t.match(redis.changes, [{ isUp: false, reason: 'ECONNREFUSED' }])
  await server.restart()
  await eventually(() => redis.changes.length === 2, 2000)
  t.match(await ask(redis), [{ allowed: true }])
})
