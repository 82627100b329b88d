import t from 'tap'
import { send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { scrape } from '../support/metrics.ts'
import { planWith, pluginThat } from '../support/plan.ts'

const sloppy = pluginThat('sloppy', (app) => {
  app.addHook('onRequest', async (request) => {
    // A plugin in JavaScript may leave out what the types ask for.
    request.gateway.consumer = { name: 'someone' } as never
  })
})

t.test('what a plugin left in the request and nobody can write is its failure, and an answer', async (t) => {
  const origin = await startRecordingOrigin(t)
  const plan = planWith(`plugins: { sloppy: {} }\n${passThrough(origin.url)}`, [sloppy])
  const { url, adminUrl } = await startGateway(t, passThrough(origin.url), { plan })
  for (const method of ['GET', 'POST']) {
    const answer = await send(url, { method, path: '/', ...(method === 'POST' && { body: 'x' }) })
    t.equal(answer.status, 500)
    t.equal((JSON.parse(answer.body.toString()) as { code: string }).code, 'SP_PLUGIN_FAILED')
  }
  t.equal(origin.seen.length, 0)
  t.equal((await scrape(adminUrl)).get('sallyport_upstream_in_flight{upstream="origin"}'), 0)
})
