import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { scrape } from '../support/metrics.ts'
import { startOrigin } from '../support/origin.ts'
import { planWith, pluginThat } from '../support/plan.ts'

t.test('thirty reloads leave no state, no series and no app behind', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end())
  let apps = 0
  const counting = pluginThat('counting', (app) => {
    apps++
    app.addHook('onClose', async () => {
      apps--
    })
  })
  const plan = (round: number) =>
    planWith(
      `
upstreams:
  stays: { endpoints: ["${origin.url}"] }
  comes-${round}: { endpoints: ["${origin.url}"], timeouts: { idle: ${round + 1}s } }
routes:
  - { name: stays, match: { path: /stays }, upstream: stays, plugins: { counting: {}, rate-limit: { limit: 1000, window: 1m } } }
  - { name: comes-${round}, match: { path: /comes }, upstream: comes-${round}, plugins: { rate-limit: { limit: ${round + 1}, window: 1m } } }`,
      [counting]
    )
  const { gateway, url, adminUrl } = await startGateway(t, '', { plan: plan(0) })
  const visit = async (round: number) => {
    await Promise.all([send(`${url}/stays`), send(`${url}/comes`), send(`${url}/nowhere`)])
    await eventually(() => gateway.generations === 1)
    const series = [...(await scrape(adminUrl)).keys()].filter((key) => key.startsWith('sallyport_'))
    return [...gateway.stateKeys, ...series]
      .filter((key) => !key.includes('hash=') && !key.includes('reloads'))
      .map((key) => generalised(key, round))
      .toSorted()
  }
  const first = await visit(0)
  for (let round = 1; round < 30; round++) t.equal((await gateway.reload(plan(round))).result, 'applied')
  t.same(await visit(29), first)
  t.equal(apps, 1)
})

/** Names and settings differ from round to round; what they are kept under does not. */
function generalised(key: string, round: number): string {
  return key.replaceAll(`comes-${round}`, 'comes').replace(/:[\w-]{16}$/, '')
}
