import t from 'tap'
import { startFixedOrigin } from '../support/origin.ts'
import { send } from '../support/client.ts'
import { compilePlan, document, passThrough, startGateway } from '../support/gateway.ts'
import { definePlugin, Type } from '../../src/plugin-api/index.ts'

const breaker = definePlugin({
  name: 'headers',
  phase: 'transform',
  scopes: ['route'],
  schema: Type.Object({}),
  register(_app, _config, deps) {
    deps.onResponseHead((_request, head) => {
      head.set('x-broken', 'a\nb')
    })
  }
})

for (const body of ['hi', 'x'.repeat(300_000)]) {
  t.test(`a field that Node refuses to write ends in 500 SP_PLUGIN_FAILED, not in the process (${body.length} bytes)`, async (t) => {
    const origin = await startFixedOrigin(t, `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    const plan = compilePlan(document(passThrough(origin.url, '    plugins: { headers: {} }')))
    const [route] = plan.routes
    const [plugin] = route?.plugins ?? []
    const broken = { ...plan, routes: [{ ...route, plugins: [{ ...plugin, definition: breaker }] }] } as unknown as typeof plan
    const gateway = await startGateway(t, passThrough(origin.url), { plan: broken })
    for (let i = 0; i < 2; i++) {
      const answer = await send(gateway.url)
      t.equal(answer.status, 500)
      t.equal(answer.json().code, 'SP_PLUGIN_FAILED')
    }
  })
}
