import t from 'tap'
import { readFileSync } from 'node:fs'
import { send } from '../support/client.ts'
import { compilePlan, passThrough, startGateway } from '../support/gateway.ts'
import { planWith } from '../support/plan.ts'

t.test('a fresh start and a reload to the same file give equal plans', async (t) => {
  const example = readFileSync(new URL('../../gateway.example.yaml', import.meta.url), 'utf8')
  const env = { GATEWAY_ADDRESS: '127.0.0.1:0', ADMIN_ADDRESS: '127.0.0.1:0', SHUTDOWN_DELAY: '0s' }
  const fresh = await startGateway(t, '', { plan: compilePlan(example, env) })
  const reloaded = await startGateway(t, passThrough('http://127.0.0.1:1'))
  await reloaded.gateway.reload(planWith(passThrough('http://127.0.0.1:2'), []))
  t.equal((await reloaded.gateway.reload(compilePlan(example, env))).result, 'applied')

  const told = async (adminUrl: string) => {
    const [config, routes, upstreams] = await Promise.all(['config', 'routes', 'upstreams'].map((name) => send(`${adminUrl}/${name}`)))
    return { hash: config?.json().hash, config: config?.json().config, routes: routes?.json(), upstreams: upstreams?.json() }
  }
  const expected = await told(fresh.adminUrl)
  t.type(expected.hash, 'string')
  t.same(await told(reloaded.adminUrl), expected)
  t.same(reloaded.gateway.stateKeys.toSorted(), fresh.gateway.stateKeys.toSorted())
})
