import t from 'tap'
import { send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'

const LIMIT_MS = 50

t.test('an answer that came while the process was held up is not late', async (t) => {
  // The gateway runs in this process, and is held up here.
  const origin = await startOrigin(t, (_request, response) => {
    response.end('in time')
    for (const until = performance.now() + 2 * LIMIT_MS; performance.now() < until;);
  })
  const { url } = await startGateway(
    t,
    `upstreams: { origin: { endpoints: ["${origin.url}"], retry: { attempts: 0 }, timeouts: { response: ${LIMIT_MS}ms } } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  )
  const answer = await send(url)
  t.same([answer.status, answer.text], [200, 'in time'])
})
