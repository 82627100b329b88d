import t from 'tap'
import { send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startOrigin } from '../support/origin.ts'
import { planWith, pluginThat } from '../support/plan.ts'

t.test('only routes with plugins are mounted in Fastify, and all of them are served', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end('served'))
  const mounted: boolean[] = []
  const looking = pluginThat('looking', (app) => {
    app.addHook('onReady', (done) => {
      for (const chain of [0, 1]) mounted.push(app.hasRoute({ method: 'GET', url: `/\\${chain}` }))
      done()
    })
  })
  const { url } = await startGateway(t, '', {
    plan: planWith(
      `upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - { name: bare, match: { path: /bare }, upstream: origin }
  - { name: looked-at, match: { path: /looked-at }, upstream: origin, plugins: { looking: {} } }
  - { name: bare-too, match: { path: /bare-too }, upstream: origin }`,
      [looking]
    )
  })
  t.same(mounted, [true, false])
  for (const path of ['/bare', '/looked-at', '/bare-too']) t.equal((await send(url + path)).text, 'served')
  t.equal((await send(`${url}/nothing`)).status, 404)
})
