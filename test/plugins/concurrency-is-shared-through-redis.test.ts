import type { ServerResponse } from 'node:http'
import { test } from 'tap'
import { eventually, send } from '../support/client.ts'
import { compilePlan, document, startGateway, type TestGateway } from '../support/gateway.ts'
import { scrape } from '../support/metrics.ts'
import { startOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'
import { redisMissing, startRedis, type RedisServer } from '../support/redis.ts'

const documentOf = (origin: string, redis: string): string => `
redis: { url: "${redis}", timeout: 2s }
upstreams: { origin: { endpoints: ["${origin}"] } }
routes:
  - { name: shared, match: { path: /shared/* }, upstream: origin, plugins: { concurrency: { limit: 2, by: ip } } }
  - { name: alone, match: { path: /alone/* }, upstream: origin, plugins: { concurrency: { limit: 1, by: ip, store: memory } } }
  - { name: allow, match: { path: /allow/* }, upstream: origin, plugins: { concurrency: { limit: 1, by: ip, onStoreError: allow } } }
  - { name: deny, match: { path: /deny/* }, upstream: origin, plugins: { concurrency: { limit: 1, by: ip, onStoreError: deny } } }`

void test('two gateways let as many requests in as the limit says, together', { skip: redisMissing() }, async (t) => {
  const held: ServerResponse[] = []
  const origin = await startOrigin(t, (request, response) => {
    if (request.url?.endsWith('/hang') === true) held.push(response)
    else response.end('fine')
  })
  const redis = await startRedis(t)
  const text = documentOf(origin.url, redis.url)
  const hasty = compilePlan(document(text).replace('drain: 2s', 'drain: 50ms'))
  const [one, two] = await Promise.all([startGateway(t, text), startGateway(t, '', { plan: hasty })])
  const hang = async (port: number, route = 'shared'): Promise<RawConnection> => {
    const client = await RawConnection.open(t, port)
    const before = held.length
    client.write(`GET /${route}/hang HTTP/1.1\r\nHost: a\r\n\r\n`)
    await eventually(() => held.length === before + 1)
    return client
  }
  const status = async (url: string, route = 'shared') => (await send(`${url}/${route}/fine`)).status
  const nobodyInFlight = () => eventually(async () => (await redis.admin.dbsize()) === 0)

  await t.test('while they are in flight', async (t) => {
    const clients = [await hang(one.port), await hang(two.port)]
    t.same([await status(one.url), await status(two.url)], [429, 429])
    clients[0]?.destroy()
    await eventually(async () => (await status(two.url)) === 200)
    held.at(-1)?.end('done')
    await clients[1]?.response()
    await nobodyInFlight()
    const alone = [await hang(one.port, 'alone'), await hang(two.port, 'alone')]
    t.equal(await status(one.url, 'alone'), 429)
    for (const client of [...clients, ...alone]) client.destroy()
  })

  await t.test('the place of a client that went while Redis was asked is given back', async (t) => {
    const before = await placesTaken(redis.admin)
    redis.pause()
    const client = await RawConnection.open(t, one.port)
    const [asked, logged] = [held.length, requestsOf(one)]
    // The second of them reaches the origin when the first has been asking for a while.
    client.write('GET /shared/fine HTTP/1.1\r\nHost: a\r\n\r\nGET /alone/hang HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => held.length === asked + 1)
    client.destroy()
    await eventually(() => requestsOf(one) === logged + 2)
    redis.resume()
    await eventually(async () => (await placesTaken(redis.admin)) === before + 1)
    await nobodyInFlight()
    t.equal(await status(one.url), 200)
  })

  await t.test('a gateway that stops gives its places back, and does not leave them to their leases', async (t) => {
    await hang(two.port)
    t.equal(await redis.admin.dbsize(), 1)
    t.equal(await two.gateway.close(), 1, 'it had to be cut off')
    await nobodyInFlight()
  })

  await t.test('while Redis is away it does as it was told, and heals by itself', async (t) => {
    const hanging = await hang(one.port)
    await redis.kill()
    await eventually(async () => (await scrape(one.adminUrl)).get('sallyport_redis_up') === 0)
    t.same([await status(one.url), await status(one.url, 'allow'), await status(one.url, 'deny')], [200, 200, 503])
    const local = [await hang(one.port), await hang(one.port)]
    t.equal(await status(one.url), 429, 'counted here')
    t.equal((await scrape(one.adminUrl)).get('sallyport_concurrency_store_errors_total{policy="deny",reason="disconnected"}'), 1)
    for (const client of local) client.destroy()
    await redis.restart()
    await eventually(async () => (await status(one.url, 'deny')) === 200)
    const second = await hang(one.port)
    t.equal(await status(one.url), 429, 'the one from before counts, although Redis had forgotten it')
    hanging.destroy()
    second.destroy()
    await nobodyInFlight()
  })
})

/** Places that Redis has ever given. */
async function placesTaken(admin: RedisServer['admin']): Promise<number> {
  return Number(/cmdstat_zadd:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1] ?? 0)
}

function requestsOf({ log }: TestGateway): number {
  return log.filter(({ msg }) => msg === 'request').length
}
