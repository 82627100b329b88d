import { test, type Test } from 'tap'
import type { Cluster } from 'ioredis'
import type { RedisPlan } from '../../src/config/plan.ts'
import { hashSlot } from '../../src/stores/redis/hash-slot.ts'
import { eventually } from '../support/client.ts'
import { redisMissing, type RedisServer } from '../support/redis.ts'
import { startRedisCluster } from '../support/redis-cluster.ts'
import { connectedTo, redisPlan, ruleOf, type TestRedis } from '../support/redis-limits.ts'

const RULES = [ruleOf('gcra', { id: 'gcra' }), ruleOf('sliding-window', { id: 'sliding' }), ruleOf('fixed-window', { id: 'fixed' })] as const
const KEYS = Array.from({ length: 30 }, (_, index) => `caller-${index}`)

function clusterPlan(nodes: readonly RedisServer[]): RedisPlan {
  return redisPlan(0, { target: { kind: 'cluster', nodes: nodes.map(({ port }) => ({ host: '127.0.0.1', port })) }, timeoutMs: 500 })
}

void test('limits hold on a cluster', { skip: redisMissing() }, async (t) => {
  const nodes = await startRedisCluster(t)
  const [first] = nodes as readonly [RedisServer]
  // One node is enough to find the others.
  const redis = await connectedTo(t, clusterPlan(nodes.slice(0, 1)))
  const { limits } = redis

  await t.test('slots are those of the server', async (t) => {
    for (const key of ['', 'a', '123456789', '{a}b', 'x{}y', '{', 'p:{é%7B}g:r', '}{b}']) {
      t.equal(hashSlot(key), await first.admin.call('CLUSTER', 'KEYSLOT', key), key)
    }
  })

  await t.test('keys spread over all nodes, and each is counted exactly', async (t) => {
    const verdicts = await Promise.all(
      KEYS.flatMap((key) =>
        Array.from({ length: 12 }, () =>
          limits.consume([
            { rule: RULES[0], key, cost: 1 },
            { rule: RULES[1], key, cost: 1 }
          ])
        )
      )
    )
    t.equal(verdicts.filter((pair) => pair.every(({ allowed }) => allowed)).length, KEYS.length * 10)
    for (const { admin } of nodes) t.ok((await admin.dbsize()) > 0)
  })

  await t.test('a request over several slots takes all or nothing', async (t) => {
    const own = RULES.map((rule, index) => ({ rule, key: `own-${index}`, cost: 3 }))
    t.ok(new Set(own.map(({ key }) => hashSlot(`{${key}}`))).size > 1)
    const refused = await limits.consume([...own, { rule: RULES[0], key: KEYS[0] as string, cost: 1 }])
    t.strictSame(
      refused.map(({ allowed, remaining }) => [allowed, remaining]),
      [
        [true, 10],
        [true, 10],
        [true, 10],
        [false, 0]
      ]
    )
    t.strictSame(
      (await limits.peek(own)).map(({ resetMs }) => resetMs),
      [0, 0, 0],
      'what the others took is given back'
    )
    t.match(await limits.consume(own), [
      { allowed: true, remaining: 7 },
      { allowed: true, remaining: 7 },
      { allowed: true, remaining: 7 }
    ])
    await limits.charge(own)
    t.match(await limits.peek(own), [{ remaining: 4 }, { remaining: 4 }, { remaining: 4 }])
  })

  await t.test('a slot that moves to another node is followed', async (t) => {
    const key = 'moving'
    const slot = hashSlot(`{${key}}`)
    t.match(await limits.consume([{ rule: RULES[2], key, cost: 1 }]), [{ allowed: true, remaining: 9 }])
    await moveSlot(nodes, slot)
    t.match(await limits.consume([{ rule: RULES[2], key, cost: 1 }]), [{ allowed: true }])
    // ioredis sends the whole range after the slot that moved, until it has asked for the table anew.
    const { slots } = redis.client as Cluster
    await eventually(() => slots[slot]?.[0] !== slots[slot - 1]?.[0])
  })

  await t.test('a frozen node takes only its own slots out', (t) => oneNodeIsFrozen(t, nodes, redis))
})

/** To the next node, without its keys. */
async function moveSlot(nodes: readonly RedisServer[], slot: number): Promise<void> {
  const owner = Math.floor((slot * 3) / 16_384)
  const heir = (await nodes[(owner + 1) % 3]?.admin.call('CLUSTER', 'MYID')) as string
  for (const { admin } of nodes) {
    // A slot that still has keys is not given away.
    if (admin === nodes[owner]?.admin) await admin.flushall()
  }
  for (const { admin } of [nodes[(owner + 1) % 3], nodes[owner], nodes[(owner + 2) % 3]] as readonly RedisServer[]) {
    await admin.call('CLUSTER', 'SETSLOT', slot, 'NODE', heir)
  }
}

async function oneNodeIsFrozen(t: Test, nodes: readonly RedisServer[], { changes, limits }: TestRedis): Promise<void> {
  const [frozen] = nodes as readonly [RedisServer]
  const keys = Array.from({ length: 60 }, (_, index) => `later-${index}`)
  const isFrozen = (key: string): boolean => hashSlot(`{${key}}`) < Math.floor(16_384 / 3)
  frozen.pause()
  const results = await Promise.allSettled(keys.map((key) => limits.consume([{ rule: RULES[0], key, cost: 1 }])))
  for (const [index, key] of keys.entries()) t.equal(results[index]?.status, isFrozen(key) ? 'rejected' : 'fulfilled')
  t.match(changes, [{ server: `127.0.0.1:${frozen.port}`, isUp: false }])
  // Of a request that asks both, what the living node took is given back.
  const [dead, alive] = [keys.find(isFrozen), keys.find((key) => !isFrozen(key))] as [string, string]
  await t.rejects(
    limits.consume([
      { rule: RULES[0], key: alive, cost: 2 },
      { rule: RULES[0], key: dead, cost: 2 }
    ]),
    { name: 'StoreUnavailable', reason: 'timeout' }
  )
  await eventually(async () => (await limits.peek([{ rule: RULES[0], key: alive, cost: 0 }]))[0]?.remaining === 9)
  frozen.resume()
  await eventually(() => changes.some(({ isUp, server }) => isUp && server.endsWith(String(frozen.port))), 3000)
  t.match(await limits.consume([{ rule: RULES[0], key: dead, cost: 1 }]), [{ allowed: true }])
}
