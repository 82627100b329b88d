import { test } from 'tap'
import { eventually } from '../support/client.ts'
import { redisMissing, startRedis } from '../support/redis.ts'
import { connectedTo, redisPlan, ruleOf, sentinelTarget } from '../support/redis-limits.ts'
import { ScriptedSentinel } from '../support/scripted-sentinel.ts'

// ioredis gives up for good there: it takes the announcement for the end of the connection that it is about to make.
void test('a failover that is announced while the primary is asked for is followed', { skip: redisMissing() }, async (t) => {
  const [old, promoted] = await Promise.all([startRedis(t), startRedis(t)])
  const sentinel = await ScriptedSentinel.start(t, old.port)
  const redis = await connectedTo(t, redisPlan(0, { target: sentinelTarget(sentinel.port) }))
  await sentinel.heard()
  const question = { rule: ruleOf('fixed-window'), key: 'a', cost: 1 }
  await redis.limits.consume([question])

  sentinel.failOverAtNextQuestion(promoted.port)
  await old.kill()
  await eventually(() => redis.changes.at(-1)?.isUp === true)
  await redis.limits.consume([question])
  t.equal(await promoted.admin.dbsize(), 1)
  t.strictSame(
    redis.changes.map(({ isUp }) => isUp),
    [false, true]
  )
})
