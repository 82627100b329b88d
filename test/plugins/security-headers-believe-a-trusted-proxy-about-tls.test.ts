import t from 'tap'
import securityHeaders from '../../plugins/security-headers/index.ts'
import { send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { planWith } from '../support/plan.ts'

t.test('by http, Strict-Transport-Security is sent only when a trusted proxy says that the client came by https', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end())
  const seen: (string | undefined)[] = []
  for (const trusted of ['', 'trustedProxies: [127.0.0.1/32]\n']) {
    const plan = planWith(`${trusted}plugins: { security-headers: {} }\n${passThrough(origin.url)}`, [securityHeaders])
    const { url } = await startGateway(t, passThrough(origin.url), { plan })
    for (const proto of ['http', 'https']) {
      const answer = await send(url, { headers: { 'x-forwarded-proto': proto } })
      t.equal(answer.headers['x-content-type-options'], 'nosniff')
      seen.push(answer.headers['strict-transport-security'])
    }
  }
  t.same(seen, [undefined, undefined, undefined, 'max-age=31536000'])
})

t.test("the gateway's own errors have the fields", async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end())
  const plan = planWith(`plugins: { security-headers: {} }\n${passThrough(origin.url).replace('path: /*', 'path: /known')}`, [securityHeaders])
  const { url } = await startGateway(t, passThrough(origin.url), { plan })
  const answer = await send(`${url}/unknown`)
  t.equal(answer.status, 404)
  t.equal(answer.headers['x-frame-options'], 'SAMEORIGIN')
})
