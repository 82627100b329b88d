import t from 'tap'
import { setImmediate as turn } from 'node:timers/promises'
import { passThrough, startGateway } from '../support/gateway.ts'
import { planWith, pluginThat } from '../support/plan.ts'

t.test('reloads run one after the other and the last one wins', async (t) => {
  const events: string[] = []
  const slow = pluginThat('slow', async (_app, config, deps) => {
    const { name } = config as { name: string }
    if (deps.route.name !== 'all') return
    events.push(`${name} begins`)
    for (let i = 0; i < 20; i++) await turn()
    events.push(`${name} ends`)
    if (name === 'second') throw new Error('not this one')
  })
  const plan = (name: string) => planWith(`${passThrough('http://127.0.0.1:1')}\nplugins: { slow: { name: ${name} } }`, [slow])
  const { gateway } = await startGateway(t, passThrough('http://127.0.0.1:1'))

  const results = await Promise.all(['first', 'second', 'third'].map(async (name) => (await gateway.reload(plan(name))).result))
  t.same(results, ['applied', 'rejected', 'applied'])
  t.same(events, ['first begins', 'first ends', 'second begins', 'second ends', 'third begins', 'third ends'])
  t.equal(gateway.plan.hash, plan('third').hash)
})
