import type { ServerResponse } from 'node:http'
import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { metric } from '../support/admin.ts'
import { rawRequest } from '../support/raw-client.ts'
import { startRawOrigin, startRecordingOrigin } from '../support/origin.ts'
import { DEAD, lastRequest, startShop } from './kit.ts'

const RETRY = 'retry: { attempts: 2, backoff: { base: 0ms, max: 0ms }, budget: { ratio: 100%, minPerSecond: 100 } }'

/** Answers by turns: each entry answers one request, the last one all that follow. */
function scripted(t: Tap, ...answers: ((response: ServerResponse) => void)[]) {
  let turn = 0
  return startRecordingOrigin(t, (_request, response) => {
    const answer = answers[Math.min(turn++, answers.length - 1)] as (response: ServerResponse) => void
    answer(response)
  })
}

type Tap = Parameters<typeof startRecordingOrigin>[0]
const ok = (response: ServerResponse): void => void response.end('fine')
const unavailable = (response: ServerResponse): void => void response.writeHead(503).end('busy')
const reset = (response: ServerResponse): void => void response.socket?.resetAndDestroy()

t.test('by default an endpoint that refuses connections is passed over, for a POST with a body too', async (t) => {
  const origin = await scripted(t, ok)
  const gateway = await startShop(t, `{ endpoints: ["${DEAD}", "${origin.url}"] }`)
  for (let i = 0; i < 4; i++) {
    const answer = send(gateway.url, { method: 'POST', body: `order ${i}` })
    gateway.clock.advance(1000)
    t.equal((await pumped(gateway, answer)).status, 200)
  }
  t.strictSame(
    origin.seen.map(({ body }) => body.toString()),
    ['order 0', 'order 1', 'order 2', 'order 3']
  )
  t.ok((await metric(gateway, 'sallyport_upstream_retries_total{upstream="shop",reason="connect-failure"}')) >= 1)
})

/** Lets the gateway's clock run until the answer is there. */
async function pumped<T>(gateway: { clock: { advance(ms: number): void } }, answer: Promise<T>): Promise<T> {
  let done = false
  const settled = answer.finally(() => {
    done = true
  })
  await eventually(() => {
    gateway.clock.advance(50)
    return done
  })
  return settled
}

t.test('a GET that is answered 503 is tried at another endpoint first', async (t) => {
  const bad = await scripted(t, unavailable)
  const good = await scripted(t, ok)
  const gateway = await startShop(t, `{ endpoints: ["${bad.url}", "${good.url}"], ${RETRY} }`)
  for (let i = 0; i < 4; i++) t.equal((await pumped(gateway, send(gateway.url))).status, 200)
  t.equal(good.seen.length, 4)
  t.equal(bad.seen.length, 2, 'never the same endpoint twice for one request')
})

t.test('a POST that is reset hits the upstream exactly once', async (t) => {
  const origin = await scripted(t, reset, ok)
  const gateway = await startShop(t, `{ endpoints: ["${origin.url}"], ${RETRY} }`)
  const answer = await pumped(gateway, send(gateway.url, { method: 'POST', body: 'pay' }))
  t.equal(answer.status, 502)
  t.equal(answer.json().code, 'SP_UPSTREAM_RESET')
  t.equal(origin.seen.length, 1)
  await eventually(() => lastRequest(gateway)['retry'] === 'unsafe-method')
})

t.test('a POST that is reset on a reused connection hits the upstream exactly once more', async (t) => {
  const origin = await scripted(t, ok, reset, ok)
  const gateway = await startShop(t, `{ endpoints: ["${origin.url}"], ${RETRY} }`)
  t.equal((await send(gateway.url)).status, 200)
  t.equal((await pumped(gateway, send(gateway.url, { method: 'POST', body: 'pay' }))).status, 502)
  t.equal(origin.seen.length, 2)
  t.equal(origin.accepted, 1, 'the second request came over the first connection')
})

t.test('a POST with an Idempotency-Key is tried again once the operator allows it, with its whole body', async (t) => {
  const body = 'x'.repeat(50_000)
  const origin = await scripted(t, reset, unavailable, ok)
  const plain = await startShop(t, `{ endpoints: ["${origin.url}"], ${RETRY.replace('{', '{ idempotencyKey: true,')} }`)
  const headers = { 'idempotency-key': 'k1' }
  t.equal((await pumped(plain, send(plain.url, { method: 'POST', headers, body }))).status, 200)
  t.strictSame(
    origin.seen.map((request) => request.body.toString() === body),
    [true, true, true]
  )
})

t.test('a PUT whose body is above the cap is not tried again', async (t) => {
  const origin = await scripted(t, unavailable, ok)
  const gateway = await startShop(t, `{ endpoints: ["${origin.url}"], ${RETRY.replace('{', '{ maxBody: 1KiB,')} }`)
  t.equal((await pumped(gateway, send(gateway.url, { method: 'PUT', body: 'x'.repeat(2000) }))).status, 503)
  t.equal(origin.seen.length, 1)
  await eventually(() => lastRequest(gateway)['retry'] === 'body-not-replayable')
})

t.test('an answer that breaks off after its head has been sent is never tried again', async (t) => {
  const origin = await scripted(t, (response) => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('half', () => setImmediate(() => response.socket?.resetAndDestroy()))
  })
  const gateway = await startShop(t, `{ endpoints: ["${origin.url}"], ${RETRY} }`)
  const response = await rawRequest(t, gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  t.equal(response.complete, false)
  t.equal(origin.seen.length, 1)
})

t.test('a kept-alive connection that turns out to be closed costs one free retry, even without any retry configured', async (t) => {
  let connections = 0
  const origin = await startRawOrigin(t, (socket) => {
    const first = ++connections === 1
    let requests = 0
    socket.on('error', () => {})
    socket.on('data', () => {
      if (first && ++requests === 2) socket.resetAndDestroy()
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
  })
  const gateway = await startShop(t, `{ endpoints: ["${origin.url}"], retry: false }`)
  t.equal((await send(gateway.url)).status, 200)
  t.equal((await send(gateway.url)).status, 200)
  t.equal(connections, 2)
  t.equal(await metric(gateway, 'sallyport_upstream_retries_total{upstream="shop",reason="free"}'), 1)
})

t.test('Retry-After is waited for when it fits the total time, and otherwise ends the tries', async (t) => {
  const origin = await scripted(t, (response) => void response.writeHead(503, { 'retry-after': '2' }).end(), ok)
  const gateway = await startShop(t, `{ endpoints: ["${origin.url}"], ${RETRY}, timeouts: { total: 10s } }`)
  const answer = send(gateway.url)
  await eventually(async () => (await metric(gateway, 'sallyport_upstream_retries_total{upstream="shop",reason="503"}')) === 1)
  gateway.clock.advance(1_999)
  t.equal(origin.seen.length, 1, 'not before the two seconds are over')
  gateway.clock.advance(1)
  t.equal((await answer).status, 200)

  const short = await startShop(
    t,
    `{ endpoints: ["${(await scripted(t, (response) => void response.writeHead(503, { 'retry-after': '20' }).end())).url}"], ${RETRY}, timeouts: { total: 10s } }`
  )
  t.equal((await send(short.url)).status, 503)
  await eventually(() => lastRequest(short)['retry'] === 'deadline')
})

t.test('the budget bounds what retries add', async (t) => {
  const origin = await scripted(t, unavailable)
  const gateway = await startShop(
    t,
    `{ endpoints: ["${origin.url}"], retry: { attempts: 2, backoff: { base: 0ms, max: 0ms }, budget: { ratio: 20%, minPerSecond: 0 } } }`
  )
  for (let i = 0; i < 100; i++) t.equal((await pumped(gateway, send(gateway.url))).status, 503)
  t.ok(origin.seen.length > 110 && origin.seen.length <= 120, `${origin.seen.length} attempts for 100 requests`)
})
