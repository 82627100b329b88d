import t from 'tap'
import http, { type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { FakeClock } from '../../src/plugin-api/testing.ts'
import { collect } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { planWith, pluginThat } from '../support/plan.ts'

t.test('an answer that a slow reader has not taken yet is not cut by the end', async (t) => {
  // More than the kernel's buffers take: a part waits in the gateway although the answer is complete there.
  const body = Buffer.alloc(16 * 1024 * 1024, 'x')
  const big = pluginThat('big', (app) => {
    app.addHook('onRequest', (_request, reply) => void reply.send(body))
  })
  const plan = planWith(`${passThrough('http://127.0.0.1:1')}\nplugins: { big: {} }`, [big])
  const { gateway, url } = await startGateway(t, '', { plan, clock: new FakeClock() })
  const agent = new http.Agent({ keepAlive: true })
  t.teardown(() => agent.destroy())
  const [response] = (await once(http.get(url, { agent }), 'response')) as [IncomingMessage]

  const closed = gateway.close()
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve))
  t.equal((await collect(response)).body.length, body.length)
  t.equal(await closed, 0, 'and its connection, which was to be kept alive, is closed behind it')
})
