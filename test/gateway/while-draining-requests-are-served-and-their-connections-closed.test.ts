import t from 'tap'
import http from 'node:http'
import { once } from 'node:events'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { send } from '../support/client.ts'
import { compilePlan, document, passThrough, startGateway } from '../support/gateway.ts'
import { startHeldOrigin } from '../support/held-origin.ts'

t.test('while draining requests are served, told that their connection closes, and finished', async (t) => {
  const origin = await startHeldOrigin(t)
  const clock = new FakeClock()
  const plan = compilePlan(document(passThrough(origin.url)).replace('delay: 0s', 'delay: 5s'))
  const { gateway, url, adminUrl } = await startGateway(t, '', { plan, clock })
  const agent = new http.Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const running = send(`${url}/running`, { agent })
  await origin.arrived(1)

  const closed = gateway.close()
  const ready = await send(`${adminUrl}/readyz`)
  t.equal(ready.status, 503)
  t.same(ready.json().reasons, ['the gateway is draining'])
  const late = send(`${url}/late`, { agent })
  await origin.arrived(2)

  clock.advance(5_000)
  const socket = http.get(url, { agent: new http.Agent() })
  const [error] = await once(socket, 'error')
  t.equal(error.code, 'ECONNREFUSED', 'after the delay nobody is let in')
  origin.release()
  for (const [path, answer] of Object.entries({ '/running': running, '/late': late })) {
    const { status, text, headers } = await answer
    t.same({ status, text, connection: headers.connection }, { status: 200, text: path, connection: 'close' })
  }
  t.equal(await closed, 0, 'nothing was cut, and nothing waited for the drain limit of a clock that stands still')
})
