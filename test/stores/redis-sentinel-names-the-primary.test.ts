import { once } from 'node:events'
import { Redis } from 'ioredis'
import { test } from 'tap'
import { eventually } from '../support/client.ts'
import { temporaryFolder } from '../support/gateway-process.ts'
import { freePorts, redisMissing, spawnRedis, startRedis } from '../support/redis.ts'
import { connectedTo, redisPlan, ruleOf, sentinelTarget } from '../support/redis-limits.ts'
import type { Teardown } from '../support/gateway.ts'

void test('a failover by Sentinel is followed, and counts survive it', { skip: redisMissing() }, async (t) => {
  const primary = await startRedis(t, ['--repl-diskless-sync-delay', '0'])
  const replica = await startRedis(t, ['--replicaof', '127.0.0.1', String(primary.port)])
  await eventually(async () => (await replica.admin.info('replication')).includes('master_link_status:up'))
  const sentinel = await startSentinel(t, primary.port)

  const redis = await connectedTo(t, redisPlan(0, { target: sentinelTarget(sentinel.port) }))
  const rule = ruleOf('fixed-window')
  await redis.limits.consume([{ rule, key: 'a', cost: 4 }])
  // Replication is behind by a moment.
  await eventually(async () => (await replica.admin.dbsize()) === 1)

  await primary.kill()
  await sentinel.admin.call('SENTINEL', 'FAILOVER', 'limits').catch(() => {})
  await eventually(() => redis.changes.at(-1)?.isUp === true, 30_000)
  await eventually(async () => {
    const [verdict] = await redis.limits.consume([{ rule, key: 'a', cost: 1 }])
    t.match(verdict, { allowed: true, remaining: 5 })
  }, 10_000)
})

async function startSentinel(t: Teardown, watched: number) {
  const [port] = (await freePorts(1)) as [number]
  const settings = [
    'port ' + port,
    `sentinel monitor limits 127.0.0.1 ${watched} 1`,
    'sentinel down-after-milliseconds limits 300',
    'sentinel failover-timeout limits 2000'
  ]
  const folder = temporaryFolder(t, { 'sentinel.conf': settings.join('\n') })
  const child = spawnRedis([`${folder}/sentinel.conf`, '--sentinel'])
  const admin = new Redis({ port, retryStrategy: () => 10, maxRetriesPerRequest: null, protocol: 2 })
  admin.on('error', () => {})
  t.teardown(async () => {
    admin.disconnect()
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  })
  // It knows the replica.
  await eventually(async () => ((await admin.call('SENTINEL', 'REPLICAS', 'limits')) as unknown[]).length === 1, 15_000)
  return { port, admin }
}
