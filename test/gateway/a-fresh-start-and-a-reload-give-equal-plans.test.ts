import t from 'tap'
import { readFileSync } from 'node:fs'
import { eventually, send } from '../support/client.ts'
import { entry, startConsulStub } from '../support/consul-stub.ts'
import { compilePlan, passThrough, startGateway } from '../support/gateway.ts'
import { planWith } from '../support/plan.ts'

/** When a registry answered is no part of a plan. */
function withoutTimes(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, inner: unknown) => (key === 'lastAnswer' || key === 'ageSeconds' ? undefined : inner))
}

t.test('a fresh start and a reload to the same file give equal plans', async (t) => {
  const example = readFileSync(new URL('../../gateway.example.yaml', import.meta.url), 'utf8')
  const consul = await startConsulStub(t, (question) => {
    if (!question.query.has('index')) question.answer([entry(4000)], 5)
  })
  const env = { CONSUL_HTTP_ADDR: consul.url, GATEWAY_ADDRESS: '127.0.0.1:0', ADMIN_ADDRESS: '127.0.0.1:0', SHUTDOWN_DELAY: '0s' }
  const fresh = await startGateway(t, '', { plan: compilePlan(example, env) })
  const reloaded = await startGateway(t, passThrough('http://127.0.0.1:1'))
  await reloaded.gateway.reload(planWith(passThrough('http://127.0.0.1:2'), []))
  t.equal((await reloaded.gateway.reload(compilePlan(example, env))).result, 'applied')

  const told = async (adminUrl: string) => {
    const [config, routes, upstreams] = await Promise.all(['config', 'routes', 'upstreams'].map((name) => send(`${adminUrl}/${name}`)))
    return { hash: config?.json().hash, config: config?.json().config, routes: routes?.json(), upstreams: withoutTimes(upstreams?.json()) }
  }
  // The fresh one listens before it knows.
  await eventually(async () => (await send(`${fresh.adminUrl}/readyz`)).status === 200)
  const expected = await told(fresh.adminUrl)
  t.type(expected.hash, 'string')
  t.same(await told(reloaded.adminUrl), expected)
  t.same(reloaded.gateway.stateKeys.toSorted(), fresh.gateway.stateKeys.toSorted())
})
