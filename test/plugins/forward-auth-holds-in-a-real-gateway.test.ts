import t from 'tap'
import forwardAuth from '../../plugins/forward-auth/index.ts'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { planWith } from '../support/plan.ts'

const fieldOf = (fields: readonly string[] = [], name: string) => fields[fields.indexOf(name) + 1]

t.test('the service decides, and its words reach the upstream or the client', async (t) => {
  const origin = await startRecordingOrigin(t)
  const service = await startRecordingOrigin(t, ({ rawHeaders }, response) => {
    if (fieldOf(rawHeaders, 'authorization') === 'Bearer good') response.writeHead(204, { 'x-user': 'alice' }).end()
    else if (fieldOf(rawHeaders, 'authorization') === 'Bearer slow') return
    else response.writeHead(401, { 'www-authenticate': 'Bearer', 'set-cookie': ['a=1', 'b=2'], 'content-type': 'text/plain' }).end('log in')
  })
  const clock = new FakeClock()
  const settings = JSON.stringify({ url: `${service.url}/check`, responseHeaders: ['x-user'], consumerHeader: 'x-user' })
  const plan = planWith(`plugins: { forward-auth: ${settings} }\n${passThrough(origin.url)}`, [forwardAuth])
  const { url } = await startGateway(t, passThrough(origin.url), { plan, clock })
  const as = (name: string) => ({ headers: { authorization: `Bearer ${name}`, 'x-user': 'root' } })

  t.equal((await send(`${url}/orders?x=1`, { ...as('good'), method: 'PUT', body: 'text' })).status, 200)
  t.equal(origin.seen[0]?.body.toString(), 'text', 'the body goes to the upstream alone')
  t.equal(service.seen[0]?.body.length, 0)
  t.equal(service.seen[0]?.url, '/check')
  t.equal(fieldOf(service.seen[0]?.rawHeaders, 'x-forwarded-uri'), '/orders?x=1')
  t.same(
    origin.seen[0]?.rawHeaders.filter((_, index, fields) => fields[index - 1] === 'x-user' || fields[index - 1] === 'x-consumer-name'),
    ['alice', 'alice']
  )

  const refused = await send(url, as('bad'))
  t.equal(refused.status, 401)
  t.equal(refused.text, 'log in')
  t.same(refused.headers['set-cookie'], ['a=1', 'b=2'])
  const slow = send(url, as('slow'))
  await eventually(() => service.seen.length === 3)
  clock.advance(2_000)
  t.equal((await slow).status, 503)
  t.equal(origin.seen.length, 1)
})
