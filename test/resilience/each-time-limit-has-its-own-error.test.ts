import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { fieldOf } from '../support/fields.ts'
import { startOrigin, startRecordingOrigin } from '../support/origin.ts'
import { lastRequest, startShop, upstreamOf } from './kit.ts'

t.test('one attempt that takes longer than perTry is given up and tried elsewhere', async (t) => {
  const hanging = await startOrigin(t, () => {})
  const good = await startOrigin(t, (_request, response) => void response.end('fine'))
  const gateway = await startShop(
    t,
    `{ endpoints: ["${hanging.url}", "${good.url}"], timeouts: { perTry: 300ms }, retry: { attempts: 1, on: [timeout], backoff: { base: 0ms, max: 0ms } } }`
  )
  for (let i = 0; i < 2; i++) {
    const answer = send(gateway.url)
    await eventually(() => hanging.connections === 1 || lastRequestCount(gateway) === i + 1)
    gateway.clock.advance(300)
    t.equal((await answer).text, 'fine')
    await eventually(() => hanging.connections === 0 && lastRequestCount(gateway) === i + 1)
  }
  await eventually(() => hanging.connections === 0)
})

function lastRequestCount(gateway: { readonly log: readonly Record<string, unknown>[] }): number {
  return gateway.log.filter((line) => line['msg'] === 'request').length
}

t.test('the last attempt that takes too long is SP_UPSTREAM_TRY_TIMEOUT', async (t) => {
  const hanging = await startOrigin(t, () => {})
  const gateway = await startShop(t, `{ endpoints: ["${hanging.url}"], timeouts: { perTry: 300ms }, retry: false }`)
  const answer = send(gateway.url)
  await eventually(async () => (await upstreamOf(gateway)).endpoints[0]?.inFlight === 1)
  gateway.clock.advance(299)
  t.equal((await upstreamOf(gateway)).endpoints[0]?.inFlight, 1, 'not a millisecond early')
  gateway.clock.advance(1)
  t.match((await answer).json(), { status: 504, code: 'SP_UPSTREAM_TRY_TIMEOUT' })
  await eventually(() => lastRequest(gateway)['outcome'] === 'try-timeout')
})

t.test('the total time holds all attempts and ends with SP_DEADLINE_EXCEEDED', async (t) => {
  const hanging = await startOrigin(t, () => {})
  const gateway = await startShop(
    t,
    `{ endpoints: ["${hanging.url}"], timeouts: { perTry: 400ms, total: 1s }, retry: { attempts: 9, on: [timeout], backoff: { base: 0ms, max: 0ms }, budget: { ratio: 100%, minPerSecond: 100 } } }`
  )
  const started = gateway.clock.now()
  const answer = send(gateway.url)
  await eventually(() => {
    gateway.clock.advance(50)
    return lastRequestCount(gateway) === 1
  })
  t.match((await answer).json(), { status: 504, code: 'SP_DEADLINE_EXCEEDED' })
  t.match(lastRequest(gateway), { outcome: 'total-timeout', attempts: 3 })
  t.ok(gateway.clock.now() - started >= 1000)
  await eventually(() => hanging.connections === 0)
})

t.test('an endpoint is told how much time is left, in place of what the client said', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startShop(t, `{ endpoints: ["${origin.url}"], timeouts: { total: 500ms, deadlineHeader: X-Request-Timeout-Ms } }`)
  await send(gateway.url, { headers: { 'x-request-timeout-ms': '999999' } })
  t.strictSame(fieldOf(origin.seen[0]?.rawHeaders ?? [], 'x-request-timeout-ms'), ['500'])
})

t.test('time in the queue of a bulkhead counts for the total time', async (t) => {
  const hanging = await startOrigin(t, () => {})
  const gateway = await startShop(
    t,
    `{ endpoints: ["${hanging.url}"], timeouts: { total: 1s }, bulkhead: { maxConcurrent: 1, maxQueued: 5, queueTimeout: 60s } }`
  )
  const first = send(gateway.url)
  await eventually(async () => (await upstreamOf(gateway)).bulkhead.running === 1)
  const second = send(gateway.url)
  await eventually(async () => (await upstreamOf(gateway)).bulkhead.queued === 1)
  gateway.clock.advance(1000)
  t.equal((await first).json().code, 'SP_DEADLINE_EXCEEDED')
  t.equal((await second).json().code, 'SP_DEADLINE_EXCEEDED')
  t.match(await upstreamOf(gateway), { bulkhead: { running: 0, queued: 0 } })
})
