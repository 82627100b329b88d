import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { scrape, seriesWith } from '../support/metrics.ts'
import { startOrigin } from '../support/origin.ts'
import { planWith } from '../support/plan.ts'

t.test('the metric series of a removed route, its upstream and its limit disappear, the others stay', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end())
  const entry = (name: string) => ({
    upstream: `  ${name}-service: { endpoints: ["${origin.url}"] }`,
    route: `  - { name: ${name}-route, match: { path: /${name} }, upstream: ${name}-service, plugins: { rate-limit: { limit: 9, window: 1m, name: ${name}-limit } } }`
  })
  const documentOf = (names: string[]) => {
    const entries = names.map(entry)
    return `upstreams:\n${entries.map(({ upstream }) => upstream).join('\n')}\nroutes:\n${entries.map(({ route }) => route).join('\n')}`
  }
  const { gateway, url, adminUrl } = await startGateway(t, documentOf(['kept', 'gone']))
  await Promise.all([send(`${url}/kept`), send(`${url}/gone`)])
  const before = await scrape(adminUrl)
  for (const name of ['gone-route', 'gone-service', 'gone-limit']) t.not(seriesWith(before, name).length, 0, name)

  await gateway.reload(planWith(documentOf(['kept']), []))
  await eventually(() => gateway.generations === 1)
  const after = await scrape(adminUrl)
  t.same(seriesWith(after, 'gone'), [])
  const kept = seriesWith(before, '="kept-')
  t.not(kept.length, 0)
  t.same(seriesWith(after, '="kept-'), kept)
  t.equal(after.get('sallyport_http_requests_total{route="kept-route",method="GET",status="200"}'), 1, 'its count goes on')
})
