import { test } from 'tap'
import { send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { redisMissing, startRedis } from '../support/redis.ts'

const documentOf = (origin: string, redis: string) => `
redis: { url: "${redis}", timeout: 5s }
upstreams: { origin: { endpoints: ["${origin}"] } }
routes:
  - { name: hot, match: { path: /hot }, upstream: origin, plugins: { rate-limit: { limit: 60, window: 1d, algorithm: sliding-window, by: route, lease: { units: 20, for: 10m } } } }
  - { name: exact, match: { path: /exact }, upstream: origin, plugins: { rate-limit: { limit: 60, window: 1d, algorithm: sliding-window, by: route } } }`

void test(
  'a gateway with a lease asks Redis once for many requests, and two of them together exceed no limit by more than it',
  { skip: redisMissing() },
  async (t) => {
    const [origin, redis] = await Promise.all([startOrigin(t, (_request, response) => response.end()), startRedis(t)])
    const [one, two] = await Promise.all([startGateway(t, documentOf(origin.url, redis.url)), startGateway(t, documentOf(origin.url, redis.url))])
    const scripts = async (): Promise<number> => {
      const stats = await redis.admin.info('commandstats')
      return [...stats.matchAll(/cmdstat_evalsha:calls=(\d+)/g)].reduce((sum, [, calls]) => sum + Number(calls), 0)
    }
    const passed = async (path: string): Promise<number> => {
      let count = 0
      for (let i = 0; i < 50; i++) for (const { url } of [one, two]) count += (await send(url + path)).status === 200 ? 1 : 0
      return count
    }

    const before = await scripts()
    t.equal(await passed('/exact'), 60)
    const exact = (await scripts()) - before
    t.equal(exact, 100, 'a question for each request')
    t.equal(await passed('/hot'), 60, 'by all together, when nothing is left with either')
    const leased = (await scripts()) - before - exact
    t.ok(leased <= 10, `${leased} questions for as many requests`)
    t.match((await send(`${one.url}/hot`)).headers, { ratelimit: /^"hot";r=0;/, 'retry-after': /^\d+$/ })
  }
)
