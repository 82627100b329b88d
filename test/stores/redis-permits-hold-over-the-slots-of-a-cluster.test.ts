import { test } from 'tap'
import { FakeClock } from '../../src/plugin-api/testing-clock.ts'
import { hashSlot } from '../../src/stores/redis/hash-slot.ts'
import { eventually } from '../support/client.ts'
import { redisMissing, type RedisServer } from '../support/redis.ts'
import { startRedisCluster } from '../support/redis-cluster.ts'
import { redisPlan } from '../support/redis-limits.ts'
import { isIn, permitsOf, placeOf } from '../support/redis-permits.ts'

const LEASE_MS = 600_000
const TIMEOUT_MS = 5000
const KEYS = Array.from({ length: 30 }, (_, index) => `caller-${index}`)

void test('places hold on a cluster', { skip: redisMissing() }, async (t) => {
  const nodes = await startRedisCluster(t)
  const [frozen] = nodes as readonly [RedisServer]
  const clock = new FakeClock()
  const cluster = { kind: 'cluster' as const, nodes: nodes.map(({ port }) => ({ host: '127.0.0.1', port })) }
  const { permits } = await permitsOf(t, redisPlan(0, { target: cluster, timeoutMs: TIMEOUT_MS }), { clock, leaseMs: LEASE_MS })
  const total = async (): Promise<number> => {
    const sizes = await Promise.all(nodes.map(({ admin }) => admin.dbsize()))
    return sizes.reduce((a, b) => a + b)
  }

  await t.test('a request over several slots takes all or nothing', async (t) => {
    const own = KEYS.slice(0, 4).map((key) => placeOf(key, 2))
    t.ok(new Set(own.map(({ key }) => hashSlot(`{${key}}`))).size > 1)
    const held = await permits.acquire(own)
    t.ok(isIn(held))
    const full = await permits.acquire([placeOf('full', 1)])
    const refused = await permits.acquire([...own, placeOf('full', 1)])
    t.strictSame(refused.verdicts, [...own.map(() => ({ allowed: true, inFlight: 1 })), { allowed: false, inFlight: 1 }])
    await eventually(async () => {
      const again = await permits.acquire(own)
      again.release()
      return isIn(again)
    })
    held.release()
    full.release()
    await eventually(async () => (await total()) === 0)
  })

  await t.test('all places are said again, each to its own node', async (t) => {
    const held = await Promise.all(KEYS.map((key) => permits.acquire([placeOf(key, 1)])))
    t.ok(held.every(isIn))
    await Promise.all(nodes.map(({ admin }) => admin.flushall()))
    clock.advance(LEASE_MS / 3)
    await eventually(async () => (await total()) === KEYS.length)
    for (const { admin } of nodes) t.ok((await admin.dbsize()) > 0)
    for (const answer of held) answer.release()
    await eventually(async () => (await total()) === 0)
  })

  await t.test('what a living node took is given back when another does not answer', async (t) => {
    const isOfFrozen = (key: string): boolean => hashSlot(`{${key}}`) < Math.floor(16_384 / 3)
    const [dead, alive] = [KEYS.find(isOfFrozen), KEYS.find((key) => !isOfFrozen(key))] as [string, string]
    frozen.pause()
    const asked = t.rejects(permits.acquire([placeOf(alive, 1), placeOf(dead, 1)]), { name: 'StoreUnavailable', reason: 'timeout' })
    await new Promise(setImmediate)
    // The living node answers first.
    await eventually(async () => ((await nodes[1]?.admin.dbsize()) ?? 0) + ((await nodes[2]?.admin.dbsize()) ?? 0) === 1)
    clock.advance(TIMEOUT_MS)
    await asked
    await eventually(async () => {
      const again = await permits.acquire([placeOf(alive, 1)])
      again.release()
      return isIn(again)
    })
    frozen.resume()
    clock.advance(500)
    await eventually(async () => (await total()) === 0)
  })
})
