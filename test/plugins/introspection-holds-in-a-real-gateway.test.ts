import t from 'tap'
import introspection from '../../plugins/introspection/index.ts'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { planWith } from '../support/plan.ts'

t.test('the authorization server is asked, and too long an answer is none', async (t) => {
  const origin = await startRecordingOrigin(t)
  const server = await startRecordingOrigin(t, ({ body }, response) => {
    const token = new URLSearchParams(body.toString()).get('token')
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ active: token !== 'bad', sub: 'alice', padding: token === 'long' ? 'x'.repeat(2000) : '' }))
  })
  const settings = JSON.stringify({ url: `${server.url}/introspect`, clientId: 'gateway', clientSecret: 'generated', maxBody: '1KiB' })
  const plan = planWith(`plugins: { introspection: ${settings} }\n${passThrough(origin.url)}`, [introspection])
  const { url } = await startGateway(t, passThrough(origin.url), { plan, clock: new FakeClock() })
  const as = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

  t.equal((await send(url, as('good'))).status, 200)
  t.equal((await send(url, as('good'))).status, 200)
  t.equal((await send(url, as('bad'))).status, 401)
  t.equal((await send(url, as('long'))).status, 503)
  t.equal(server.seen.length, 3)
  t.equal(origin.seen.length, 2)
  const fields = origin.seen[0]?.rawHeaders ?? []
  t.equal(fields[fields.indexOf('x-consumer-name') + 1], 'alice')
})
