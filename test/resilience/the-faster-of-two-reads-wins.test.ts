import t from 'tap'
import { metric } from '../support/admin.ts'
import { eventually, send } from '../support/client.ts'
import { startHeldOrigin } from '../support/held-origin.ts'
import { type Origin, startRecordingOrigin } from '../support/origin.ts'
import { type ClockedGateway, linesOf, startShop, upstreamOf } from './kit.ts'

const policy = 'hedge: { after: 200ms }, retry: { attempts: 0, budget: { ratio: 100%, minPerSecond: 100 } }'

/** One read; when it came to the slow endpoint, time passes until it is hedged. What the client got. */
async function hedged(gateway: ClockedGateway, slow: Origin): Promise<string> {
  const before = slow.accepted
  let answered = false
  const answer = send(gateway.url).finally(() => {
    answered = true
  })
  await eventually(() => answered || slow.accepted > before)
  if (!answered) gateway.clock.advance(200)
  const { text } = await answer
  await eventually(() => slow.connections === 0)
  return text
}

t.test('a read that is slow is sent to another endpoint too, and the slower one is cancelled on the wire', async (t) => {
  const slow = await startHeldOrigin(t)
  const quick = await startRecordingOrigin(t, (_request, response) => void response.end('quick'))
  const gateway = await startShop(t, `{ endpoints: ["${slow.url}", "${quick.url}"], ${policy} }`)
  for (let i = 0; i < 2; i++) t.equal(await hedged(gateway, slow), 'quick')
  await eventually(() => slow.connections === 0)
  await eventually(() => linesOf(gateway, 'request').some((line) => line['retry'] === 'hedged'))
  t.equal(await metric(gateway, 'sallyport_upstream_requests_total{upstream="shop",outcome="cancelled"}'), 1)
  t.equal(await metric(gateway, 'sallyport_upstream_retries_total{upstream="shop",reason="hedge"}'), 1)
  t.strictSame(
    (await upstreamOf(gateway)).endpoints.map((one) => one.inFlight),
    [0, 0]
  )
})

t.test('when the first attempt wins after all, the log names its endpoint', async (t) => {
  const origins = [await startHeldOrigin(t), await startHeldOrigin(t)]
  const gateway = await startShop(t, `{ endpoints: [${origins.map((one) => `"${one.url}"`).join(', ')}], ${policy} }`)
  const answer = send(gateway.url)
  await eventually(() => origins.some((one) => one.accepted === 1))
  const first = origins.find((one) => one.accepted === 1)
  gateway.clock.advance(200)
  await eventually(() => origins.every((one) => one.accepted === 1))
  first?.release()
  t.equal((await answer).status, 200)
  await eventually(() => linesOf(gateway, 'request').length === 1)
  t.match(linesOf(gateway, 'request'), [{ endpoint: first?.url, outcome: 'response', attempts: 2 }])
})

t.test('a write is never hedged', async (t) => {
  const slow = await startHeldOrigin(t)
  const other = await startHeldOrigin(t)
  const gateway = await startShop(t, `{ endpoints: ["${slow.url}", "${other.url}"], ${policy} }`)
  const answer = send(gateway.url, { method: 'POST', body: 'order' })
  await eventually(() => slow.accepted + other.accepted === 1)
  gateway.clock.advance(1000)
  slow.release()
  other.release()
  t.equal((await answer).status, 200)
  t.equal(slow.accepted + other.accepted, 1)
})

t.test('when both fail the client gets one error', async (t) => {
  const broken = await startRecordingOrigin(t, (_request, response) => void response.socket?.destroy())
  const slow = await startHeldOrigin(t)
  const gateway = await startShop(t, `{ endpoints: ["${slow.url}", "${broken.url}"], ${policy}, timeouts: { perTry: 1s } }`)
  const answers = [send(gateway.url), send(gateway.url)]
  await eventually(() => slow.connections === 1)
  await eventually(() => {
    gateway.clock.advance(100)
    return linesOf(gateway, 'request').length === 2
  })
  for (const answer of answers) t.ok([502, 504].includes((await answer).status))
})

t.test('an endpoint that is overtaken again and again without an answer is ejected', async (t) => {
  const hanging = await startHeldOrigin(t)
  const quick = await startRecordingOrigin(t, (_request, response) => void response.end('quick'))
  const gateway = await startShop(t, `{ endpoints: ["${hanging.url}", "${quick.url}"], ${policy}, outlierDetection: { consecutiveFailures: 3 } }`)
  for (let i = 0; i < 6; i++) t.equal(await hedged(gateway, hanging), 'quick')
  t.match(await upstreamOf(gateway), { endpoints: [{ state: 'ejected' }, { state: 'available' }] })
})
