import { test } from 'tap'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway, type Teardown } from '../support/gateway.ts'
import { scrape } from '../support/metrics.ts'
import { startOrigin } from '../support/origin.ts'
import { planWith, pluginThat } from '../support/plan.ts'
import { redisMissing, startRedis } from '../support/redis.ts'

// Windows so long that nothing comes back meanwhile.
const documentOf = (origin: string, redis: string, keyPrefix = 'sallyport:') => `
redis: { url: "${redis}", timeout: 2s, keyPrefix: "${keyPrefix}" }
upstreams: { origin: { endpoints: ["${origin}"] } }
routes:
  - { name: gcra, match: { path: /gcra }, upstream: origin, plugins: { rate-limit: { limit: 40, window: 1d } } }
  - { name: sliding, match: { path: /sliding }, upstream: origin, plugins: { rate-limit: { limit: 40, window: 1d, algorithm: sliding-window } } }
  - { name: fixed, match: { path: /fixed }, upstream: origin, plugins: { rate-limit: { limit: 40, window: 1d, algorithm: fixed-window } } }
  - { name: both, match: { path: /both }, upstream: origin, plugins: { rate-limit: { limits: [{ name: few, limit: 5, window: 1d }, { name: many, limit: 100, window: 1d }] } } }
  - { name: alone, match: { path: /alone }, upstream: origin, plugins: { rate-limit: { limit: 3, window: 1d, store: memory } } }
  - { name: local, match: { path: /local }, upstream: origin, plugins: { rate-limit: { limit: 2, window: 1d } } }
  - { name: allow, match: { path: /allow }, upstream: origin, plugins: { rate-limit: { limit: 2, window: 1d, onStoreError: allow } } }
  - { name: deny, match: { path: /deny }, upstream: origin, plugins: { rate-limit: { limit: 2, window: 1d, onStoreError: deny } } }
  - { name: costly, match: { path: /costly }, upstream: origin, plugins: { rate-limit: { limit: 10, window: 1d, cost: { responseHeader: x-cost } } } }`

const statuses = async (urls: readonly string[]): Promise<number[]> => {
  const seen: number[] = []
  for (const url of urls) seen.push((await send(url)).status)
  return seen
}

const costingFour = (t: Teardown) => startOrigin(t, (_request, response) => response.setHeader('x-cost', '4').end())

void test('two gateways let pass exactly one limit together', { skip: redisMissing() }, async (t) => {
  const [origin, redis] = await Promise.all([costingFour(t), startRedis(t)])
  const document = documentOf(origin.url, redis.url)
  const [one, two] = await Promise.all([startGateway(t, document), startGateway(t, document)])
  t.equal((await scrape(one.adminUrl)).get('sallyport_redis_up'), 1)

  for (const path of ['/gcra', '/sliding', '/fixed']) {
    const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => send((index % 2 === 0 ? one : two).url + path)))
    t.equal(answers.filter(({ status }) => status === 200).length, 40, path)
  }

  t.same(await statuses([one.url, two.url, one.url, two.url, one.url, two.url].map((url) => `${url}/both`)), [200, 200, 200, 200, 200, 429])
  const refused = await send(`${two.url}/both`)
  t.match(refused.headers, { ratelimit: /^"few";r=0;t=\d+, "many";r=95;t=\d+$/, 'retry-after': /^\d+$/ }, 'refused by one, counted in none')

  t.same(
    await statuses([one.url, one.url, one.url, two.url, one.url].map((url) => `${url}/alone`)),
    [200, 200, 200, 200, 429],
    'in memory each for itself'
  )

  const first = await send(`${one.url}/costly`)
  t.notOk('x-cost' in first.headers)
  t.match(first.headers, { ratelimit: /;r=9;/ }, 'one is taken at first')
  // Asked over the same connection, so behind the charge of the first.
  t.match((await send(`${one.url}/costly`)).headers, { ratelimit: /;r=5;/ }, 'four were charged')

  t.equal((await one.gateway.reload(planWith(documentOf(origin.url, redis.url, 'other:'), []))).result, 'applied')
  t.same(await statuses([`${one.url}/gcra`]), [200], 'other keys, other counts')
  await eventually(() => one.gateway.generations === 1)
  await eventually(async () => gatewaysOf(String(await redis.admin.client('LIST'))) === 2)
  t.equal(one.gateway.stateKeys.filter((key) => key.startsWith('redis:')).length, 1, 'the old connection was closed')
})

void test('a gateway without Redis does as it was told, and heals by itself', { skip: redisMissing() }, async (t) => {
  const [origin, redis] = await Promise.all([costingFour(t), startRedis(t)])
  await redis.kill()
  const { url, adminUrl, log } = await startGateway(t, documentOf(origin.url, redis.url).replace('timeout: 2s', 'timeout: 100ms'))
  const three = (path: string) => statuses([url + path, url + path, url + path])
  const behave = async (): Promise<void> => {
    t.same(await three('/local'), [200, 200, 429])
    t.same(await three('/allow'), [200, 200, 200])
    const answers = [await send(`${url}/deny`), await send(`${url}/deny`)]
    t.match(answers, [{ status: 503, headers: { 'retry-after': '1' } }, { status: 503 }])
    t.match(answers[0]?.text, /SP_OVERLOADED/)
  }
  await behave()
  const metrics = await scrape(adminUrl)
  t.equal(metrics.get('sallyport_redis_up'), 0)
  t.equal(metrics.get('sallyport_rate_limit_store_errors_total{policy="deny",reason="disconnected"}'), 2)
  t.equal(metrics.get('sallyport_rate_limit_decisions_total{policy="allow",decision="allowed"}'), 3)

  await redis.restart()
  await eventually(async () => (await scrape(adminUrl)).get('sallyport_redis_up') === 1)
  for (const path of ['/local', '/allow', '/deny']) t.same(await three(path), [200, 200, 429], `${path}: counted in Redis`)
  await redis.kill()
  await eventually(async () => (await scrape(adminUrl)).get('sallyport_redis_up') === 0)
  t.same(await three('/local'), [429, 429, 429], 'what this gateway had counted before')
  t.same(await three('/allow'), [200, 200, 200])
  const told = log.flatMap(({ msg }) => (msg === 'redis is away' || msg === 'redis is back' ? [msg] : []))
  t.same(told, ['redis is away', 'redis is back', 'redis is away'], 'one line each')
})

void test('Fastify plugins of a gateway find its Redis', { skip: redisMissing() }, async (t) => {
  const [origin, redis] = await Promise.all([costingFour(t), startRedis(t)])
  const found: unknown[] = []
  const looking = pluginThat('looking', async (app) => {
    found.push(await (app as unknown as { readonly redis: { ping(): Promise<string> } }).redis.ping())
  })
  const text = `redis: { url: "${redis.url}" }\nplugins: { looking: {} }\n${passThrough(origin.url)}`
  await startGateway(t, '', { plan: planWith(text, [looking]) })
  t.same(found, ['PONG', 'PONG'], 'for the route and for what has none')
})

/** Connections of gateways among all of Redis, which are those that are not the test’s own. */
function gatewaysOf(list: string): number {
  return list.split('\n').filter((line) => line.startsWith('id=')).length - 1
}
