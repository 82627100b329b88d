import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startHeldOrigin } from '../support/held-origin.ts'
import { planWith } from '../support/plan.ts'

t.test('changed connection settings make a new pool; the old one is closed after its last request', async (t) => {
  const origin = await startHeldOrigin(t)
  const withConnect = (connect: string) => `
upstreams: { origin: { endpoints: ["${origin.url}"], timeouts: { connect: ${connect} } } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  const { gateway, url } = await startGateway(t, withConnect('5s'))
  const pools = () => gateway.stateKeys.filter((key) => key.startsWith('endpoint:')).length
  const running = send(`${url}/old`)
  await origin.arrived(1)

  await gateway.reload(planWith(withConnect('6s'), []))
  t.equal(pools(), 2)
  const next = send(`${url}/new`)
  await origin.arrived(2)
  t.equal(origin.connections, 2, 'the new pool has a connection of its own, the old one is still in use')

  origin.release()
  t.equal((await running).text, '/old')
  t.equal((await next).text, '/new')
  await eventually(() => pools() === 1 && origin.connections === 1)
  t.equal((await send(`${url}/again`)).text, '/again')
  t.equal(origin.accepted, 2)
})
