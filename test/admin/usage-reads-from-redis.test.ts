import { test } from 'tap'
import { eventually, send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { scrape } from '../support/metrics.ts'
import { startOrigin } from '../support/origin.ts'
import { redisMissing, startRedis } from '../support/redis.ts'

const CONSUMERS = 600

void test('of quotas in Redis all gateways tell the same, and without it the others are told', { skip: redisMissing() }, async (t) => {
  const [origin, redis] = await Promise.all([startOrigin(t, (_request, response) => response.end()), startRedis(t)])
  const consumers = Array.from({ length: CONSUMERS }, (_, index) => `{ name: c${index}, apiKeys: ["a-key-that-is-long-enough-${index}"] }`)
  const document = `
redis: { url: "${redis.url}", timeout: 2s }
consumers: [${consumers.join(', ')}]
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - name: all
    match: { path: /* }
    upstream: origin
    plugins:
      key-auth: {}
      quota: { quotas: [{ name: month, limit: 100, per: month }, { name: rolling, limit: 100, per: month, window: rolling }] }
      alone: { use: quota, config: { name: alone, limit: 100, per: day, by: global, store: memory } }`
  const [one, two] = await Promise.all([startGateway(t, document), startGateway(t, document)])
  const key = { 'x-api-key': `a-key-that-is-long-enough-${CONSUMERS - 1}` }
  for (const { url } of [one, two, one]) t.equal((await send(url, { headers: key })).status, 200)

  const all = (await send(`${two.adminUrl}/usage`)).json() as { used: number | null; quota: string; consumer?: string; resetsAt: string | null }[]
  t.equal(all.length, 2 * CONSUMERS + 1, 'more than one question at a time can ask')
  const used = all.filter((row) => row.used !== 0)
  t.match(used, [
    { quota: 'month', consumer: `c${CONSUMERS - 1}`, limit: 100, used: 3, remaining: 97, store: 'redis', resetsAt: /^\d{4}-\d\d-01T00:00:00\.000Z$/ },
    { quota: 'rolling', consumer: `c${CONSUMERS - 1}`, used: 3, remaining: 97, resetsAt: /^\d{4}-\d\d-\d\dT.*\.000Z$/ },
    { quota: 'alone', used: 1, remaining: 99, store: 'memory' }
  ])

  await redis.kill()
  await eventually(async () => (await scrape(two.adminUrl)).get('sallyport_redis_up') === 0)
  const away = await send(`${two.adminUrl}/usage?consumer=c1`)
  t.equal(away.status, 200)
  t.match(away.json(), [
    { quota: 'month', limit: 100, used: null, remaining: null, resetsAt: null, unavailable: true },
    { quota: 'rolling', unavailable: true },
    { quota: 'alone', used: 1, remaining: 99 }
  ])
})
