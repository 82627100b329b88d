import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startHeldOrigin } from '../support/held-origin.ts'
import { scrape } from '../support/metrics.ts'
import { planWith } from '../support/plan.ts'

t.test('an unchanged upstream keeps its connections and its requests in flight through reloads', async (t) => {
  const origin = await startHeldOrigin(t)
  const { gateway, url, adminUrl } = await startGateway(t, passThrough(origin.url))
  const inFlight = async () => (await send(`${adminUrl}/upstreams`)).json()[0].endpoints[0].inFlight as number
  const running = send(`${url}/a`)
  await origin.arrived(1)

  await gateway.reload(planWith(passThrough(origin.url, '\nlimits: { body: 1KiB }'), []))
  t.equal(await inFlight(), 1, 'the new generation knows of the request of the old one')
  t.equal((await scrape(adminUrl)).get('sallyport_upstream_in_flight{upstream="origin"}'), 1)
  origin.release()
  t.equal((await running).text, '/a')
  t.equal(await inFlight(), 0)

  for (const size of [2, 3, 4]) {
    await gateway.reload(planWith(passThrough(origin.url, `\nlimits: { body: ${size}KiB }`), []))
    t.equal((await send(`${url}/${size}`)).text, `/${size}`)
  }
  t.equal(origin.accepted, 1, 'one connection served all')
  await eventually(() => gateway.generations === 1)
})
