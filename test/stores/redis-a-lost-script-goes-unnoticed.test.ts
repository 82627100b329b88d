import { test } from 'tap'
import { redisMissing, startRedis } from '../support/redis.ts'
import { connectedTo, redisPlan, ruleOf } from '../support/redis-limits.ts'

void test('a script that Redis has forgotten is sent again, and nothing counts twice', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const { limits } = await connectedTo(t, redisPlan(server.port))
  const rule = ruleOf('fixed-window', { limit: 40 })
  const ask = () => limits.consume([{ rule, key: 'a', cost: 1 }])

  // The first of all find no script, those of the same write neither.
  const first = await Promise.all(Array.from({ length: 20 }, ask))
  await server.admin.script('FLUSH')
  const flushed = Promise.all(Array.from({ length: 20 }, ask))
  const second = await flushed
  t.ok([...first, ...second].every(([verdict]) => verdict?.allowed))
  const [verdict] = await ask()
  t.match(verdict, { allowed: false, remaining: 0 }, 'all forty were counted once')
})

void test('one turn of the event loop is one write', { skip: redisMissing() }, async (t) => {
  const server = await startRedis(t)
  const { limits } = await connectedTo(t, redisPlan(server.port))
  const rule = ruleOf('gcra', { limit: 1000 })
  const ask = () => limits.consume([{ rule, key: 'a', cost: 1 }])
  await ask()
  const reads = await readsOf(server.admin)
  await Promise.all(Array.from({ length: 100 }, ask))
  // One for the hundred, one for the question itself.
  t.ok((await readsOf(server.admin)) - reads <= 2)
})

async function readsOf(admin: { info(section: string): Promise<string> }): Promise<number> {
  return Number(/total_reads_processed:(\d+)/.exec(await admin.info('stats'))?.[1])
}
