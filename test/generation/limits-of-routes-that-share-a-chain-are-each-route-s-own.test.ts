import t from 'tap'
import { send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { scrape } from '../support/metrics.ts'
import { startOrigin } from '../support/origin.ts'

t.test('a limit that is set for all routes is counted for each of them, and named after it', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end('served'))
  const { url, adminUrl } = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"] } }
plugins: { rate-limit: { limit: 1, window: 1h } }
routes:
  - { name: one, match: { path: /one }, upstream: origin }
  - { name: two, match: { path: /two }, upstream: origin }`
  )
  t.match(await send(`${url}/one`), { status: 200, headers: { 'ratelimit-policy': /^"one";/ } })
  t.match(await send(`${url}/one`), { status: 429 })
  t.match(await send(`${url}/two`), { status: 200, headers: { 'ratelimit-policy': /^"two";/ } })
  const metrics = await scrape(adminUrl)
  t.equal(metrics.get('sallyport_rate_limit_decisions_total{policy="one",decision="refused"}'), 1)
  t.equal(metrics.get('sallyport_rate_limit_decisions_total{policy="two",decision="refused"}'), 0)
})
