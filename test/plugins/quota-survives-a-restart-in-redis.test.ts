import { test } from 'tap'
import { send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { redisMissing, startRedis } from '../support/redis.ts'

void test('a new gateway goes on with what was used, in Redis; one in memory begins anew', { skip: redisMissing() }, async (t) => {
  const [origin, redis] = await Promise.all([startOrigin(t, (_request, response) => response.end()), startRedis(t)])
  const document = `
redis: { url: "${redis.url}", timeout: 2s }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - { name: month, match: { path: /month }, upstream: origin, plugins: { quota: { limit: 3, per: month, name: month } } }
  - { name: rolling, match: { path: /rolling }, upstream: origin, plugins: { quota: { limit: 3, per: month, window: rolling, name: rolling } } }
  - { name: memory, match: { path: /memory }, upstream: origin, plugins: { quota: { limit: 3, per: month, store: memory, name: memory } } }`
  const paths = ['/month', '/rolling', '/memory']
  const ask = async (url: string, count: number) => {
    const seen: Record<string, number[]> = {}
    for (const path of paths) {
      const statuses = (seen[path] = [] as number[])
      for (let i = 0; i < count; i++) statuses.push((await send(url + path)).status)
    }
    return seen
  }
  const first = await startGateway(t, document)
  t.same(await ask(first.url, 2), { '/month': [200, 200], '/rolling': [200, 200], '/memory': [200, 200] })
  await first.gateway.close()

  const second = await startGateway(t, document)
  t.same(await ask(second.url, 2), { '/month': [200, 429], '/rolling': [200, 429], '/memory': [200, 200] })
  const keys = await redis.admin.keys('*')
  t.equal(keys.length, 2)
  for (const key of keys) {
    const ttl = await redis.admin.pttl(key)
    t.ok(ttl > 0 && ttl <= 31 * 86_400_000 + 3_600_000, 'and is forgotten with its window', { key, ttl })
  }
})
