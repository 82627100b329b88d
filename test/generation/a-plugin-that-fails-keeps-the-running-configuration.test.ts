import t from 'tap'
import { send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { scrape } from '../support/metrics.ts'
import { startOrigin } from '../support/origin.ts'
import { planWith, pluginThat } from '../support/plan.ts'

t.test('a plugin that cannot be set up keeps the running configuration and gives back what was taken', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end('served'))
  const life: string[] = []
  const good = pluginThat('good', (app, _config, deps) => {
    deps.state(
      'mine',
      () => life.push('made'),
      () => life.push('disposed')
    )
    deps.signal.addEventListener('abort', () => life.push('aborted'))
    app.addHook('onClose', async () => {
      life.push('closed')
    })
  })
  const bad = pluginThat('bad', () => Promise.reject(new Error('no room')), 'limit')
  const { gateway, url, adminUrl } = await startGateway(t, passThrough(origin.url))
  const keys = gateway.stateKeys
  const { plan } = gateway

  const failing = `
upstreams: { other: { endpoints: ["${origin.url}"] } }
routes:
  - { name: other, match: { path: /* }, upstream: other, plugins: { good: {}, bad: {} } }`
  const status = await gateway.reload(planWith(failing, [good, bad]))

  t.equal(status.result, 'rejected')
  t.match(status.problems, [/^routes\[0\]\.plugins\.bad: plugin bad could not be set up: no room$/])
  t.same(life.toSorted(), ['aborted', 'closed', 'disposed', 'made'], 'the half-built app is closed and its state given back')
  t.same(gateway.stateKeys, keys)
  t.equal(gateway.plan, plan)
  t.equal(gateway.generations, 1)
  t.equal((await send(url)).text, 'served')
  const metrics = await scrape(adminUrl)
  t.equal(metrics.get('sallyport_config_last_reload_successful'), 0)
  t.equal(metrics.get('sallyport_config_reloads_total{result="rejected"}'), 1)
})

t.test('an async hook that also calls back is a failure of the set-up, not of the first request', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end())
  const confused = pluginThat('confused', (app) => {
    app.addHook('onRequest', (async (_request: unknown, _reply: unknown, done: () => void) => done()) as never)
  })
  const { gateway } = await startGateway(t, passThrough(origin.url))
  const status = await gateway.reload(planWith(`${passThrough(origin.url)}plugins: { confused: {} }`, [confused]))
  t.match(status, { result: 'rejected', problems: [/plugin confused could not be set up: Async function has too many arguments/] })
})
