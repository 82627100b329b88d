import t from 'tap'
import { metric } from '../support/admin.ts'
import { type Answer, eventually, send } from '../support/client.ts'
import { startHeldOrigin } from '../support/held-origin.ts'
import { startOrigin } from '../support/origin.ts'
import { linesOf, startShop, upstreamOf } from './kit.ts'

const BULKHEAD = 'bulkhead: { maxConcurrent: 2, maxQueued: 1, queueTimeout: 500ms }'

t.test('a full bulkhead queues, refuses beyond its queue with SP_OVERLOADED, and leaves other upstreams alone', async (t) => {
  const slow = await startHeldOrigin(t)
  const quick = await startOrigin(t, (_request, response) => void response.end('quick'))
  const gateway = await startShop(
    t,
    `{ endpoints: ["${slow.url}"], ${BULKHEAD} }`,
    `  quick: { endpoints: ["${quick.url}"] }`,
    ` }\n  - { name: quick, match: { path: /quick }, upstream: quick`
  )
  const running = [send(`${gateway.url}/1`), send(`${gateway.url}/2`)]
  await slow.arrived(2)
  const queued = send(`${gateway.url}/3`)
  await eventually(async () => (await upstreamOf(gateway)).bulkhead.queued === 1)
  const refused = await send(`${gateway.url}/4`)
  t.equal(refused.status, 503)
  t.equal(refused.json().code, 'SP_OVERLOADED')
  t.equal(refused.headers['retry-after'], '1')
  t.equal((await send(`${gateway.url}/quick`)).text, 'quick')
  t.equal(await metric(gateway, 'sallyport_bulkhead_queued{upstream="shop",route=""}'), 1)
  t.equal(await metric(gateway, 'sallyport_bulkhead_limit{upstream="shop",route=""}'), 2)
  slow.release()
  t.equal((await queued).text, '/3', 'served when a place was free')
  for (const answer of running) t.equal((await answer).status, 200)
  t.match(await upstreamOf(gateway), { bulkhead: { running: 0, queued: 0 } })
  t.equal(await metric(gateway, 'sallyport_bulkhead_rejected_total{upstream="shop"}'), 1)
})

t.test('a request that waited in vain is refused, one whose client went away leaves the queue', async (t) => {
  const slow = await startHeldOrigin(t)
  const gateway = await startShop(t, `{ endpoints: ["${slow.url}"], bulkhead: { maxConcurrent: 1, maxQueued: 5, queueTimeout: 500ms } }`)
  const running = send(gateway.url)
  await slow.arrived(1)
  const impatient = new AbortController()
  const gone = send(gateway.url, { signal: impatient.signal }).catch(() => 'aborted')
  const vain = send(gateway.url)
  await eventually(async () => (await upstreamOf(gateway)).bulkhead.queued === 2)
  impatient.abort()
  t.equal(await gone, 'aborted')
  await eventually(async () => (await upstreamOf(gateway)).bulkhead.queued === 1)
  gateway.clock.advance(500)
  t.equal((await vain).json().code, 'SP_OVERLOADED')
  slow.release()
  t.equal((await running).status, 200)
  t.match(await upstreamOf(gateway), { bulkhead: { running: 0, queued: 0 } })
})

t.test('a bulkhead of a route leaves the rest of its upstream free', async (t) => {
  const slow = await startHeldOrigin(t)
  const gateway = await startShop(
    t,
    `{ endpoints: ["${slow.url}"] }`,
    '',
    `, bulkhead: { maxConcurrent: 1 } }\n  - { name: other, match: { path: /other }, upstream: shop`
  )
  const first = send(`${gateway.url}/1`)
  await slow.arrived(1)
  t.equal((await send(`${gateway.url}/2`)).json().code, 'SP_OVERLOADED')
  const other = send(`${gateway.url}/other`)
  await slow.arrived(2)
  slow.release()
  t.equal((await first).status, 200)
  t.equal((await other).status, 200)
  t.equal(linesOf(gateway, 'request').length >= 2, true)
})

t.test('a retry keeps the place of its request', async (t) => {
  let hits = 0
  const origin = await startOrigin(t, (_request, response) => void response.writeHead(++hits === 1 ? 503 : 200).end())
  const gateway = await startShop(
    t,
    `{ endpoints: ["${origin.url}"], bulkhead: { maxConcurrent: 1 }, retry: { attempts: 1, backoff: { base: 0ms, max: 0ms } } }`
  )
  t.equal((await send(gateway.url)).status, 200)
  t.match(await upstreamOf(gateway), { bulkhead: { running: 0 } })
})

t.test('an adaptive limit is shown and stays within its bounds', async (t) => {
  const origin = await startOrigin(t, (_request, response) => void response.end())
  const gateway = await startShop(
    t,
    `{ endpoints: ["${origin.url}"], bulkhead: { maxConcurrent: 50, adaptive: { minConcurrent: 4, initialConcurrent: 10 } } }`
  )
  for (let i = 0; i < 20; i++) t.equal((await send(gateway.url)).status, 200)
  const { bulkhead } = await upstreamOf(gateway)
  t.ok(bulkhead.limit >= 4 && bulkhead.limit <= 50, `limit ${bulkhead.limit}`)
  t.equal(bulkhead.running, 0)
})

t.test('a gateway whose event loop is late refuses new requests but not the admin listener', async (t) => {
  const held = await startHeldOrigin(t)
  const gateway = await startShop(t, `{ endpoints: ["${held.url}"] }`, 'overload: { eventLoopDelay: 20ms, retryAfter: 3s }')
  const arrived = held.arrived(1).then(() => null)
  let admitted = send(gateway.url)
  // On a busy machine the loop may be late before anybody holds it up.
  while ((await Promise.race([arrived, admitted])) !== null) admitted = send(gateway.url)
  // Holds the loop up again and again, as too much work would.
  const work = setInterval(() => {
    const until = performance.now() + 60
    while (performance.now() < until);
  }, 1)
  let refused: Answer | null = null
  await eventually(async () => {
    refused = await send(`${gateway.url}/x`, { signal: AbortSignal.timeout(200) }).catch(() => null)
    return refused !== null
  }, 20_000)
  const metrics = await metric(gateway, 'sallyport_overload_rejected_total')
  clearInterval(work)
  t.match(refused, { status: 503, headers: { 'retry-after': '3' } })
  t.ok(metrics > 0, 'the admin listener answers all the while')
  held.release()
  t.equal((await admitted).status, 200, 'work that was admitted is finished')
  await eventually(async () => (await send(gateway.url)).status === 200, 20_000)
})
