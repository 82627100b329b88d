import type { ServerResponse } from 'node:http'
import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'

t.test('what a rate limit refuses takes no place, and what finds no place is not spent', async (t) => {
  const held: ServerResponse[] = []
  const origin = await startOrigin(t, (_request, response) => void held.push(response))
  // Written, and by their scopes, in the opposite order.
  const { url, adminUrl } = await startGateway(
    t,
    `
plugins:
  quota: { limit: 10, per: month, store: memory }
  concurrency: { limit: 1, name: at-once }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - name: all
    match: { path: /* }
    upstream: origin
    plugins: { rate-limit: { limit: 3, window: 1d, algorithm: fixed-window, name: rate } }`
  )
  const first = send(url)
  await eventually(() => held.length === 1)
  for (let i = 0; i < 2; i++) {
    const refused = await send(url)
    t.match([refused.status, refused.json()], [429, { detail: 'The limit "at-once" of 1 requests at once is used up.' }])
    t.match(refused.headers['ratelimit'], /^"rate";r=\d;t=\d+$/, 'the rate was asked before, the quota was not')
  }
  t.match((await send(url)).json(), { detail: 'The limit "rate" of 3 in 1d is used up.' })
  held[0]?.end()
  t.match((await first).headers['ratelimit'], /^"rate";r=2;t=\d+, "quota";r=9;t=\d+$/)

  const counted = (await send(`${adminUrl}/metrics`)).text.matchAll(
    /^sallyport_(concurrency|quota)_decisions_total\{.*decision="(\w+)".*\} ([1-9]\d*)$/gm
  )
  t.same(
    [...counted].map(([, plugin, decision, count]) => [plugin, decision, count]),
    [
      ['concurrency', 'allowed', '1'],
      ['concurrency', 'refused', '2'],
      ['quota', 'allowed', '1']
    ]
  )
})
