import t from 'tap'
import { metric } from '../support/admin.ts'
import { eventually, send } from '../support/client.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { DEAD, lastRequest, startShop } from './kit.ts'

const STATIC = 'fallback: { status: 200, headers: { x-from: fallback }, body: { products: [] } }'

t.test('a static answer when the last attempt failed', async (t) => {
  const gateway = await startShop(t, `{ endpoints: ["${DEAD}"], retry: false, ${STATIC} }`)
  const answer = await send(gateway.url)
  t.equal(answer.status, 200)
  t.equal(answer.headers['x-from'], 'fallback')
  t.equal(answer.headers['content-type'], 'application/json')
  t.strictSame(answer.json(), { products: [] })
  t.equal(await metric(gateway, 'sallyport_upstream_fallbacks_total{upstream="shop",cause="failed"}'), 1)
  await eventually(() => lastRequest(gateway)['fallback'] === 'static')
  t.equal((await send(gateway.url, { method: 'HEAD' })).text, '')
})

t.test('a static answer when the breaker is open, only for the causes that it names', async (t) => {
  const gateway = await startShop(
    t,
    `{ endpoints: ["${DEAD}"], retry: false, circuitBreaker: { consecutiveFailures: 1 }, fallback: { status: 203, body: "later", on: [open] } }`
  )
  t.equal((await send(gateway.url)).status, 502)
  const answer = await send(gateway.url)
  t.equal(answer.status, 203)
  t.equal(answer.text, 'later')
  t.match(answer.headers['content-type'], /^text\/plain/)
})

t.test('another upstream takes the whole request over, its body too', async (t) => {
  const other = await startRecordingOrigin(t, (request, response) => void response.end(`other got ${request.body.toString()}`))
  const gateway = await startShop(
    t,
    `{ endpoints: ["${DEAD}"], retry: false, fallback: { upstream: other } }`,
    `  other: { endpoints: ["${other.url}"] }`
  )
  const answer = await send(gateway.url, { method: 'POST', body: 'an order' })
  t.equal(answer.text, 'other got an order')
  t.equal(other.seen.length, 1)
  await eventually(() => lastRequest(gateway)['fallback'] === 'upstream')
})

t.test('fallbacks are not chained: when the other upstream fails too, that is the answer', async (t) => {
  const gateway = await startShop(
    t,
    `{ endpoints: ["${DEAD}"], retry: false, fallback: { upstream: other } }`,
    `  other: { endpoints: ["${DEAD}"], retry: false, ${STATIC} }`
  )
  t.equal((await send(gateway.url)).status, 502)
})

t.test('an answer with a status of retry.on can be replaced as well, other answers never', async (t) => {
  let status = 503
  const origin = await startRecordingOrigin(t, (_request, response) => void response.writeHead(status).end('from the service'))
  const gateway = await startShop(
    t,
    `{ endpoints: ["${origin.url}"], retry: { attempts: 0, on: [503] }, fallback: { status: 200, body: { products: [] }, on: [status] } }`
  )
  t.strictSame((await send(gateway.url)).json(), { products: [] })
  status = 404
  t.equal((await send(gateway.url)).text, 'from the service')
  status = 500
  t.equal((await send(gateway.url)).text, 'from the service')
})
