import t from 'tap'
import { metric } from '../support/admin.ts'
import { eventually, send } from '../support/client.ts'
import { compilePlan, document } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { DEAD, linesOf, startShop, upstreamOf } from './kit.ts'

type Tap = Parameters<typeof startOrigin>[0]

async function service(t: Tap, name: string) {
  const state = { healthy: true, status: 200, hits: 0, checks: 0 }
  const origin = await startOrigin(t, (request, response) => {
    if (request.url === '/health') {
      state.checks++
      response.writeHead(state.healthy ? 200 : 503).end()
      return
    }
    state.hits++
    response.writeHead(state.status).end(name)
  })
  return { url: origin.url, state }
}

const stateOf = async (gateway: Parameters<typeof upstreamOf>[0]): Promise<string[]> => (await upstreamOf(gateway)).endpoints.map((one) => one.state)

t.test('five gateway failures in a row eject an endpoint; one attempt after that time brings it back', async (t) => {
  const a = await service(t, 'a')
  const b = await service(t, 'b')
  const gateway = await startShop(
    t,
    `{ endpoints: ["${a.url}", "${b.url}"], outlierDetection: { consecutiveFailures: 5, ejectFor: 10s }, retry: { attempts: 1, backoff: { base: 0ms, max: 0ms }, budget: { ratio: 100%, minPerSecond: 100 } } }`
  )
  a.state.status = 503
  for (let i = 0; i < 20; i++) t.equal((await send(gateway.url)).text, 'b')
  t.equal(a.state.hits, 5)
  t.strictSame(await stateOf(gateway), ['ejected', 'available'])
  t.equal(await metric(gateway, 'sallyport_upstream_ejections_total{upstream="shop",reason="consecutive-failures"}'), 1)
  t.equal(await metric(gateway, 'sallyport_upstream_endpoints{upstream="shop",state="ejected"}'), 1)
  t.match(linesOf(gateway, 'endpoint ejected'), [{ upstream: 'shop', endpoint: a.url, reason: 'consecutive-failures', forMs: 10_000 }])
  gateway.clock.advance(10_000)
  t.strictSame(await stateOf(gateway), ['probing', 'available'])
  t.equal((await send(gateway.url)).text, 'b', 'the probe failed and was tried again at b')
  t.equal(a.state.hits, 6)
  t.strictSame(await stateOf(gateway), ['ejected', 'available'])
  a.state.status = 200
  gateway.clock.advance(20_000)
  t.equal((await send(gateway.url)).text, 'a', 'the probe')
  t.strictSame(await stateOf(gateway), ['available', 'available'])
  t.equal(linesOf(gateway, 'endpoint recovered').length, 1)
})

t.test('500s and 429s eject nobody', async (t) => {
  const a = await service(t, 'a')
  const b = await service(t, 'b')
  const gateway = await startShop(t, `{ endpoints: ["${a.url}", "${b.url}"], outlierDetection: { consecutiveFailures: 2 }, retry: false }`)
  for (const status of [500, 429]) {
    a.state.status = status
    for (let i = 0; i < 10; i++) await send(gateway.url)
    t.strictSame(await stateOf(gateway), ['available', 'available'])
  }
})

t.test('an endpoint gets no traffic before its first check, and none while its checks fail', async (t) => {
  const a = await service(t, 'a')
  const b = await service(t, 'b')
  b.state.healthy = false
  const gateway = await startShop(
    t,
    `{ endpoints: ["${a.url}", "${b.url}"], healthCheck: { path: /health, interval: 10s, jitter: 0%, timeout: 2s, unhealthyAfter: 2, healthyAfter: 2 } }`
  )
  t.equal(a.state.checks + b.state.checks, 2, 'before the gateway listened')
  for (let i = 0; i < 6; i++) t.equal((await send(gateway.url)).text, 'a')
  t.strictSame(await stateOf(gateway), ['available', 'unhealthy'])
  b.state.healthy = true
  for (let round = 2; round <= 3; round++) {
    gateway.clock.advance(10_000)
    await eventually(() => a.state.checks === round && b.state.checks === round)
    await eventually(async () => (await stateOf(gateway))[1] === (round === 2 ? 'unhealthy' : 'available'))
  }
  t.match(
    linesOf(gateway, 'endpoint healthy').map((line) => line['endpoint']),
    [b.url]
  )
})

t.test('when hardly any endpoint is left all are used, whatever their health', async (t) => {
  const a = await service(t, 'a')
  const b = await service(t, 'b')
  a.state.healthy = false
  b.state.healthy = false
  const gateway = await startShop(t, `{ endpoints: ["${a.url}", "${b.url}"], healthCheck: { path: /health, interval: 10s, timeout: 2s } }`)
  const answers = new Set<string>()
  for (let i = 0; i < 10; i++) answers.add((await send(gateway.url)).text)
  t.strictSame([...answers].sort(), ['a', 'b'])
  t.match(await upstreamOf(gateway), { panic: true })
})

t.test('a reload keeps what is known of the endpoints that stay', async (t) => {
  const a = await service(t, 'a')
  const b = await service(t, 'b')
  a.state.status = 503
  const upstream = (more: string): string =>
    `{ endpoints: ["${a.url}", "${b.url}"${more}], outlierDetection: { consecutiveFailures: 1 }, retry: { attempts: 1, backoff: { base: 0ms, max: 0ms }, budget: { ratio: 100%, minPerSecond: 100 } } }`
  const gateway = await startShop(t, upstream(''))
  for (let i = 0; i < 2; i++) await send(gateway.url)
  t.strictSame(await stateOf(gateway), ['ejected', 'available'])
  await gateway.gateway.reload(
    compilePlan(document(`upstreams: { shop: ${upstream(`, "${DEAD}"`)} }\nroutes: [{ name: all, match: { path: "/*" }, upstream: shop }]`))
  )
  t.strictSame(await stateOf(gateway), ['ejected', 'available', 'available'])
})
