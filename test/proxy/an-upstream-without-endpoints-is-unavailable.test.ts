import t from 'tap'
import { send } from '../support/client.ts'
import { compilePlan, document, passThrough, startGateway } from '../support/gateway.ts'

t.test('an upstream without endpoints is unavailable, and says when to try again', async (t) => {
  const plan = compilePlan(document(passThrough('http://127.0.0.1:9')))
  const { url } = await startGateway(t, '', { plan: { ...plan, upstreams: plan.upstreams.map((upstream) => ({ ...upstream, endpoints: [] })) } })
  const answer = await send(`${url}/`)
  t.equal(answer.status, 503)
  t.equal(answer.json().code, 'SP_NO_ENDPOINTS')
  t.equal(answer.headers['retry-after'], '1')
  t.match(answer.headers['proxy-status'], /error=destination_unavailable/)
})
