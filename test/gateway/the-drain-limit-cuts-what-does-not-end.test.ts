import t from 'tap'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startHeldOrigin } from '../support/held-origin.ts'
import { planWith } from '../support/plan.ts'

t.test('the drain limit cuts requests that do not end, also those of older generations', async (t) => {
  const origin = await startHeldOrigin(t)
  const clock = new FakeClock()
  const { gateway, url } = await startGateway(t, passThrough(origin.url), { clock })
  const cut = [send(`${url}/old`)]
  await origin.arrived(1)
  await gateway.reload(planWith(passThrough(origin.url, '\nlimits: { body: 1KiB }'), []))
  cut.push(send(`${url}/new`))
  await origin.arrived(2)

  const ended = Promise.all(cut.map((request) => t.rejects(request, { code: 'ECONNRESET' })))
  const closed = gateway.close()
  await new Promise((resolve) => setImmediate(resolve))
  clock.advance(2_000)
  await ended
  t.equal(await closed, 2)
  t.same(gateway.stateKeys, [])
})
