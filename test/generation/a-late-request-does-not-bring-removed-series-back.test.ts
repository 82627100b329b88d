import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { document, passThrough, startGateway } from '../support/gateway.ts'
import { startHeldOrigin } from '../support/held-origin.ts'
import { scrape, seriesWith } from '../support/metrics.ts'
import { compilePlan } from '../support/gateway.ts'

t.test('a request that outlives the drain limit of its generation is served and brings no removed series back', async (t) => {
  const origin = await startHeldOrigin(t)
  const { gateway, url, adminUrl } = await startGateway(t, passThrough(origin.url))
  const running = send(`${url}/late`)
  await origin.arrived(1)

  const next = passThrough(origin.url).replace('name: all', 'name: other').replaceAll('origin', 'next')
  await gateway.reload(compilePlan(document(next).replace('drain: 2s', 'drain: 50ms')))
  t.equal(gateway.generations, 2)
  await eventually(() => gateway.generations === 1)
  t.same(seriesWith(await scrape(adminUrl), '="all"'), [])

  origin.release()
  t.equal((await running).text, '/late')
  const after = await scrape(adminUrl)
  t.same([...seriesWith(after, '="all"'), ...seriesWith(after, '="origin"')], [])
})
