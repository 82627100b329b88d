import assert from 'node:assert/strict'
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { eventually, send } from '../support/client.ts'
import type { Teardown } from '../support/gateway.ts'
import { temporaryFolder } from '../support/gateway-process.ts'
import { scrape, seriesWith } from '../support/metrics.ts'
import { startOrigin } from '../support/origin.ts'
import { sendAtOnce, startWorkers, tell } from '../support/workers.ts'

/** Counts what it is asked, and answers with `status`. */
async function startShop(t: Teardown) {
  const state = { checks: 0, hits: 0, status: 200 }
  const origin = await startOrigin(t, (request, response) => {
    const isCheck = request.url === '/health'
    if (isCheck) state.checks++
    else state.hits++
    response.writeHead(isCheck ? 200 : state.status).end()
  })
  return { state, url: origin.url }
}

t.test('workers share what is followed, what is checked and what is ejected', async (t) => {
  const [a, b, c] = [await startShop(t), await startShop(t), await startShop(t)]
  const listOf = (...shops: readonly { readonly url: string }[]): string => JSON.stringify(shops.map(({ url }) => ({ url })))
  const folder = temporaryFolder(t, { 'shops.json': listOf(a, b) })
  const { ofEach, url, adminUrl, log } = await startWorkers(
    t,
    `
plugins: { ${tell('hello')} }
upstreams:
  shop:
    discovery: { file: { path: "${join(folder, 'shops.json')}" } }
    healthCheck: { path: /health, interval: 1m, timeout: 2s }
    outlierDetection: { consecutiveFailures: 3, ejectFor: 1m }
    retry: { attempts: 1, backoff: { base: 0ms, max: 0ms }, budget: { ratio: 100%, minPerSecond: 1000 } }
routes: [{ name: all, match: { path: /* }, upstream: shop }]`
  )
  const lines = (msg: string) => log.filter((line) => line['msg'] === msg)
  const endpoints = async () => {
    const [{ endpoints }] = (await send(`${adminUrl}/upstreams`)).json()
    return Object.fromEntries((endpoints as { url: string; state: string }[]).map(({ url, state }) => [url, state]))
  }

  await t.test('each endpoint is followed and checked once', async (t) => {
    await eventually(async () => (await send(`${adminUrl}/readyz`)).status === 200)
    for (const { status } of (await ofEach('/')).values()) t.equal(status, 200)
    t.strictSame([a.state.checks, b.state.checks], [1, 1])
    t.equal(lines('endpoints changed').length, 1)
    t.equal(seriesWith(await scrape(adminUrl), 'sallyport_discovery_stale').length, 1)
  })

  await t.test('what one worker ejects gets nothing from any', async (t) => {
    a.state.status = 503
    await eventually(async () => {
      await send(url)
      assert.equal((await endpoints())[a.url], 'ejected')
    })
    // The other one has been told by the time that it answers once more.
    await endpoints()
    const { hits } = a.state
    const answers = await sendAtOnce(url, 40)
    t.equal(new Set(answers.map(({ worker }) => worker)).size, 2, 'both were asked')
    t.ok(answers.every(({ status }) => status === 200))
    t.equal(a.state.hits, hits)
    t.match(lines('endpoint ejected'), [{ upstream: 'shop', endpoint: a.url, reason: 'consecutive-failures', forMs: 60_000 }])
    const metrics = await scrape(adminUrl)
    t.equal(metrics.get('sallyport_upstream_ejections_total{upstream="shop",reason="consecutive-failures"}'), 1)
    t.equal(metrics.get('sallyport_upstream_endpoints{upstream="shop",state="ejected"}'), 1)
  })

  await t.test('a worker that is started again knows it too', async (t) => {
    const { hits } = a.state
    const { checks } = b.state
    await send(url, { headers: { 'x-crash': 'now' } }).catch(() => {})
    await eventually(() => assert.equal(lines('a worker was started again').length, 1), 20_000)
    const answers = await sendAtOnce(url, 40)
    t.equal(new Set(answers.map(({ worker }) => worker)).size, 2)
    t.ok(answers.every(({ status }) => status === 200))
    t.equal(a.state.hits, hits)
    t.equal(b.state.checks, checks, 'nothing was checked again')
    t.equal(lines('endpoints changed').length, 1, 'nor looked up')
    t.equal(lines('endpoint ejected').length, 1)
  })

  await t.test('a change of the list reaches all', async (t) => {
    writeFileSync(join(folder, 'next.json'), listOf(b, c))
    renameSync(join(folder, 'next.json'), join(folder, 'shops.json'))
    await eventually(async () => assert.deepEqual(await endpoints(), { [b.url]: 'available', [c.url]: 'available' }), 30_000)
    await sendAtOnce(url, 40)
    t.ok(c.state.hits > 0)
    t.equal(c.state.checks, 1)
    t.equal(lines('endpoints changed').length, 2)
  })
})
