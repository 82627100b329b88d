import { test, type Test } from 'tap'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { eventually } from '../support/client.ts'
import { redisMissing, startRedis, type RedisServer } from '../support/redis.ts'
import { redisPlan } from '../support/redis-limits.ts'
import { isIn, permitsOf, placeOf } from '../support/redis-permits.ts'

const TIMEOUT_MS = 5000
const COOLDOWN_MS = 500
/** Never over while a test runs: what heals here does not do so by waiting for the end of a lease. */
const LEASE_MS = 600_000
const KEY = 'sallyport:{a}p:test'

const question = placeOf('a', 10)

/** A gateway whose time stands still, with three requests in flight. */
async function gatewayWithThree(t: Test, server: RedisServer) {
  await server.admin.flushall()
  const clock = new FakeClock()
  const connection = await permitsOf(t, redisPlan(server.port, { timeoutMs: TIMEOUT_MS }), { clock, leaseMs: LEASE_MS })
  const held = await Promise.all([1, 2, 3].map(() => connection.permits.acquire([question])))
  t.ok(held.every(isIn))
  const count = () => server.admin.zcard(KEY)
  /** One request has to find out that Redis is frozen. */
  const freeze = async (): Promise<void> => {
    server.pause()
    const asked = t.rejects(connection.permits.acquire([question]), { name: 'StoreUnavailable', reason: 'timeout' })
    await new Promise(setImmediate)
    clock.advance(TIMEOUT_MS)
    await asked
  }
  const thaw = (): void => {
    server.resume()
    clock.advance(COOLDOWN_MS)
  }
  return { ...connection, clock, held, count, freeze, thaw }
}

void test('places in Redis heal by themselves', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)

  await t.test('Redis forgets everything: a third of a lease later it knows again', async (t) => {
    const { clock, held, count } = await gatewayWithThree(t, server)
    await server.admin.flushall()
    await server.admin.script('FLUSH')
    held[0]?.release()
    clock.advance(LEASE_MS / 3)
    await eventually(async () => (await count()) === 2)
    t.ok((await server.admin.pttl(KEY)) > 0)
    for (const answer of held) answer.release()
    await eventually(async () => (await count()) === 0)
  })

  await t.test('what took place in Redis although nobody heard of it is given back', async (t) => {
    const { freeze, thaw, count, held, permits } = await gatewayWithThree(t, server)
    await freeze()
    await t.rejects(permits.acquire([question]), { name: 'StoreUnavailable', reason: 'timeout' }, 'nor is anybody kept waiting')
    held[0]?.release()
    held[1]?.release()
    thaw()
    // The one that was asked in vain was executed when it thawed: there were four.
    await eventually(async () => (await count()) === 1)
    t.match((await permits.acquire([question])).verdicts, [{ allowed: true, inFlight: 2 }])
  })

  await t.test('a Redis that comes back empty hears of all places before it is asked for more', async (t) => {
    const { held, permits, client } = await gatewayWithThree(t, server)
    await server.kill()
    await eventually(() => client.status !== 'ready')
    await t.rejects(permits.acquire([question]), { name: 'StoreUnavailable', reason: 'disconnected' })
    held[0]?.release()
    await server.restart()
    const inFlight: number[] = []
    await eventually(async () => {
      const { verdicts } = await permits.acquire([question])
      inFlight.push(...verdicts.map((verdict) => verdict.inFlight))
    })
    t.same(inFlight, [3], 'two from before, and this one')
  })

  await t.test('what is given back while all places are said again does not come back', async (t) => {
    const { clock, held, permits, count } = await gatewayWithThree(t, server)
    const many = placeOf('a', 2000)
    held.push(...(await Promise.all(Array.from({ length: 1500 }, () => permits.acquire([many])))))
    t.equal(await count(), 1503)
    clock.advance(LEASE_MS / 3)
    for (const answer of held) answer.release()
    // Behind whatever is still on its way.
    for (let i = 0; i < 10; i++) await permits.acquire([placeOf('b', 10)])
    t.equal(await count(), 0)
  })

  await t.test('what is given back in the last moment of a gateway is heard', async (t) => {
    const { held, close, count } = await gatewayWithThree(t, server)
    held[0]?.release()
    held[1]?.release()
    close()
    await eventually(async () => (await count()) === 1)
    held[2]?.release()
    t.equal(await count(), 1, 'what it still held lapses')
  })

  await t.test('there is no timer while nothing is in flight', async (t) => {
    const clock = new FakeClock()
    let timers = 0
    const counting = {
      now: () => clock.now(),
      wall: () => clock.wall(),
      after(ms: number, run: () => void) {
        if (ms === LEASE_MS / 3) timers++
        return clock.after(ms, run)
      }
    }
    const { permits } = await permitsOf(t, redisPlan(server.port, { timeoutMs: TIMEOUT_MS }), { clock: counting, leaseMs: LEASE_MS })
    const first = await permits.acquire([question])
    const second = await permits.acquire([question])
    clock.advance(LEASE_MS / 3)
    t.equal(timers, 2, 'one at a time, while places are held')
    first.release()
    second.release()
    clock.advance(LEASE_MS)
    t.equal(timers, 2)
    await permits.acquire([question])
    t.equal(timers, 3)
  })
})
