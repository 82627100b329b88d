import t from 'tap'
import { send } from '../support/client.ts'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway, type Teardown } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'

/** Always 503; its Retry-After would have a client wait 1 s. */
const busy = (t: Teardown, retryAfter: string | null) =>
  startRecordingOrigin(t, (_request, response) => {
    response.writeHead(503, retryAfter === null ? {} : { 'retry-after': retryAfter }).end('busy')
  })

t.test('a default proxy sends a GET that is answered 503 eleven times, even when told not to retry', async (t) => {
  const origin = await busy(t, '1')
  const proxy = await startDefaultProxy(t, origin.url)
  t.equal((await send(proxy.url)).status, 503)
  t.equal(origin.seen.length, 11)
  const none = await startDefaultProxy(t, origin.url, { maxRetriesOn503: 0 })
  origin.seen.length = 0
  await send(none.url)
  t.equal(origin.seen.length, 11)
})

t.test('a default proxy takes the seconds of Retry-After for milliseconds', async (t) => {
  const origin = await busy(t, '1')
  const proxy = await startDefaultProxy(t, origin.url)
  const started = performance.now()
  await send(proxy.url)
  t.ok(performance.now() - started < 5_000, 'ten pauses of 1 s would have taken 10 s')
})

t.test('the gateway sends it once and passes on status, body and Retry-After', async (t) => {
  const origin = await busy(t, '1')
  const { url } = await startGateway(t, passThrough(origin.url))
  const answer = await send(url)
  t.equal(answer.status, 503)
  t.equal(answer.text, 'busy')
  t.equal(answer.headers['retry-after'], '1')
  t.equal(origin.seen.length, 1)
})
