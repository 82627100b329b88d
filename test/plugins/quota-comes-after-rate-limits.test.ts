import t from 'tap'
import { send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'

t.test('what a rate limit refuses is not spent, and both tell and charge', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.setHeader('x-cost', '3').end())
  // The quota stands first and has the wider scope: neither makes it the first to be asked.
  const { url } = await startGateway(
    t,
    `
plugins: { everywhere: { use: quota, config: { name: everywhere, limit: 10, per: month, store: memory } } }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - name: both
    match: { path: /both }
    upstream: origin
    plugins:
      quota: { limit: 10, per: month, store: memory }
      rate-limit: { limit: 2, window: 1d, algorithm: fixed-window, name: burst }
  - name: costly
    match: { path: /costly }
    upstream: origin
    plugins:
      quota: { name: units, limit: 10, per: month, store: memory, cost: { responseHeader: x-cost } }
      rate-limit: { limit: 10, window: 1d, algorithm: fixed-window, name: fast, cost: { responseHeader: X-Cost } }`
  )
  const first = await send(`${url}/both`)
  t.equal(first.headers['ratelimit-policy'], '"burst";q=2;w=86400, "everywhere";q=10;w=2592000, "quota";q=10;w=2592000')
  t.match(first.headers['ratelimit'], /^"burst";r=1;t=\d+, "everywhere";r=9;t=\d+, "quota";r=9;t=\d+$/)
  t.match((await send(`${url}/both`)).headers['ratelimit'], /"quota";r=8;/)
  const refused = await send(`${url}/both`)
  t.equal(refused.status, 429)
  t.match(refused.headers['ratelimit'], /^"burst";r=0;t=\d+$/, 'the quotas were not even asked')

  t.notOk('x-cost' in (await send(`${url}/costly`)).headers)
  t.match(
    (await send(`${url}/costly`)).headers['ratelimit'],
    /^"fast";r=6;t=\d+, "everywhere";r=6;t=\d+, "units";r=6;t=\d+$/,
    'the one field was charged to both'
  )
})
