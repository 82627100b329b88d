import t from 'tap'
import { metric } from '../support/admin.ts'
import { eventually, send } from '../support/client.ts'
import { compilePlan, document } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { linesOf, startShop, upstreamOf } from './kit.ts'

const BREAKER = 'circuitBreaker: { window: 10s, minimumRequests: 10, failureRatio: 50%, openFor: 5s, jitter: 0%, halfOpenRequests: 3 }'

async function fragile(t: Tap) {
  const state = { status: 500, hits: 0, hold: null as (() => void)[] | null }
  const origin = await startOrigin(t, (_request, response) => {
    state.hits++
    const answer = (): void => void response.writeHead(state.status).end()
    if (state.hold === null) answer()
    else state.hold.push(answer)
  })
  return { origin, state }
}
type Tap = Parameters<typeof startOrigin>[0]

t.test('from the tenth failure on the breaker refuses with SP_CIRCUIT_OPEN and says when to come back', async (t) => {
  const { origin, state } = await fragile(t)
  const gateway = await startShop(t, `{ endpoints: ["${origin.url}"], ${BREAKER} }`)
  for (let i = 0; i < 10; i++) t.equal((await send(gateway.url)).status, 500)
  gateway.clock.advance(1500)
  const refused = await send(gateway.url)
  t.equal(refused.status, 503)
  t.equal(refused.json().code, 'SP_CIRCUIT_OPEN')
  t.equal(refused.headers['retry-after'], '4', '3.5 s are left, rounded up')
  t.equal(state.hits, 10)
  t.equal(await metric(gateway, 'sallyport_circuit_breaker_state{upstream="shop",route=""}'), 2)
  t.equal(await metric(gateway, 'sallyport_circuit_breaker_rejected_total{upstream="shop"}'), 1)
  t.equal(await metric(gateway, 'sallyport_circuit_breaker_transitions_total{upstream="shop",route="",to="open"}'), 1)
  t.match(linesOf(gateway, 'circuit breaker opened'), [{ upstream: 'shop', from: 'closed', to: 'open', reason: 'failure-ratio', openMs: 5000 }])
  t.match(await upstreamOf(gateway), { circuitBreaker: { state: 'open', reason: 'failure-ratio', retryAfterMs: 3500 } })
})

t.test('of 1,000 requests at once exactly the half-open probes pass, and their success closes it', async (t) => {
  const { origin, state } = await fragile(t)
  const gateway = await startShop(t, `{ endpoints: ["${origin.url}"], ${BREAKER} }`)
  for (let i = 0; i < 10; i++) await send(gateway.url)
  gateway.clock.advance(5000)
  state.status = 200
  state.hold = []
  state.hits = 0
  const answers = Array.from({ length: 1000 }, () => send(gateway.url))
  await eventually(() => linesOf(gateway, 'request').length === 10 + 997, 20_000)
  t.equal(state.hits, 3)
  for (const answer of state.hold.splice(0)) answer()
  const statuses = (await Promise.all(answers)).map(({ status }) => status)
  t.equal(statuses.filter((status) => status === 200).length, 3)
  t.equal(statuses.filter((status) => status === 503).length, 997)
  t.match(await upstreamOf(gateway), { circuitBreaker: { state: 'closed', reason: 'probes-succeeded' } })
})

t.test('what the client or the gateway did never counts: 4xx, 429, aborts, refusals', async (t) => {
  const { origin, state } = await fragile(t)
  const gateway = await startShop(
    t,
    `{ endpoints: ["${origin.url}"], circuitBreaker: { consecutiveFailures: 2 }, outlierDetection: { consecutiveFailures: 2 } }`
  )
  for (const status of [400, 404, 429, 429, 429]) {
    state.status = status
    t.equal((await send(gateway.url)).status, status)
  }
  state.hold = []
  for (let i = 0; i < 3; i++) {
    const abort = new AbortController()
    const answer = send(gateway.url, { signal: abort.signal }).catch(() => 'aborted')
    await eventually(() => state.hold?.length === i + 1)
    abort.abort()
    t.equal(await answer, 'aborted')
  }
  await eventually(() => linesOf(gateway, 'request').length === 8)
  t.match(await upstreamOf(gateway), { circuitBreaker: { state: 'closed', failures: 0 }, endpoints: [{ state: 'available' }] })
})

t.test('the operator forces it open, closed, and back to its own judgement', async (t) => {
  const { origin, state } = await fragile(t)
  state.status = 200
  const gateway = await startShop(t, `{ endpoints: ["${origin.url}"], ${BREAKER} }`)
  const force = (body: string, path = 'upstreams/shop') =>
    send(`${gateway.adminUrl}/${path}/circuit-breaker`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  t.equal((await force('{"state":"open"}')).json().state, 'forced-open')
  t.equal((await send(gateway.url)).json().code, 'SP_CIRCUIT_OPEN')
  t.equal((await force('{"state":"closed"}')).json().state, 'forced-closed')
  state.status = 500
  for (let i = 0; i < 30; i++) t.equal((await send(gateway.url)).status, 500)
  t.equal((await force('{"state":"auto"}')).json().state, 'closed')
  t.equal((await force('{"state":"ajar"}')).status, 400)
  t.equal((await force('{"state":"open"}', 'upstreams/unknown')).status, 404)
  t.equal((await force('{"state":"open"}', 'routes/all')).status, 404, 'the route has none')
})

t.test('a breaker of a route leaves other routes of the upstream alone', async (t) => {
  const { origin, state } = await fragile(t)
  const gateway = await startShop(
    t,
    `{ endpoints: ["${origin.url}"] }`,
    '',
    `, circuitBreaker: { consecutiveFailures: 2, openFor: 5s, jitter: 0% } }\n  - { name: other, match: { path: /other }, upstream: shop`
  )
  for (let i = 0; i < 2; i++) t.equal((await send(gateway.url)).status, 500)
  t.equal((await send(gateway.url)).json().code, 'SP_CIRCUIT_OPEN')
  t.equal((await send(`${gateway.url}/other`)).status, 500)
  t.equal(state.hits, 3)
  t.match(linesOf(gateway, 'circuit breaker opened'), [{ route: 'all', reason: 'consecutive-failures' }])
})

t.test('a reload with another rule keeps an open breaker open', async (t) => {
  const { origin } = await fragile(t)
  const gateway = await startShop(t, `{ endpoints: ["${origin.url}"], ${BREAKER} }`)
  for (let i = 0; i < 10; i++) await send(gateway.url)
  const plan = compilePlan(
    document(`upstreams: { shop: { endpoints: ["${origin.url}"], ${BREAKER.replace('50%', '60%')} } }
routes: [{ name: all, match: { path: "/*" }, upstream: shop }]`)
  )
  t.equal((await gateway.gateway.reload(plan)).result, 'applied')
  t.equal((await send(gateway.url)).json().code, 'SP_CIRCUIT_OPEN')
})
