import t from 'tap'
import http, { type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { collect } from '../support/client.ts'
import { compilePlan, document, passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'

t.test('clients that keep sending during the drain are answered or refused, never cut off in an answer', async (t) => {
  const body = 'x'.repeat(100_000)
  const origin = await startOrigin(t, (_request, response) => response.end(body))
  const plan = compilePlan(document(passThrough(origin.url)).replace('delay: 0s', 'delay: 200ms'))
  const { gateway, url } = await startGateway(t, '', { plan })
  const state = { answered: 0, ended: false }
  const client = async () => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
    t.teardown(() => agent.destroy())
    while (!state.ended) {
      const request = http.get(url, { agent })
      const response = await once(request, 'response').then(
        ([one]) => one as IncomingMessage,
        () => null
      )
      // No answer has begun: the client knows that it may try elsewhere.
      if (response === null) return
      t.equal((await collect(response)).body.length, body.length)
      state.answered++
    }
  }
  const clients = Array.from({ length: 20 }, client)
  while (state.answered < 40) await new Promise((resolve) => setImmediate(resolve))
  const before = state.answered
  const cut = await gateway.close()
  state.ended = true
  await Promise.all(clients)
  t.equal(cut, 0)
  t.ok(state.answered > before, `${state.answered - before} answered during the drain`)
})
