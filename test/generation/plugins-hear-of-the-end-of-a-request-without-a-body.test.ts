import http from 'node:http'
import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startHeldOrigin } from '../support/held-origin.ts'
import { planWith, pluginThat } from '../support/plan.ts'

/** What the plugin heard of each request, by path. */
const heard = new Map<string, string[]>()

const endedAtFirst = new Map<string, boolean>()

const listener = pluginThat('listener', (app) => {
  app.addHook('onRequest', async (request) => {
    const events: string[] = []
    heard.set(request.url, events)
    endedAtFirst.set(request.url, request.raw.readableEnded)
    // oxlint-disable-next-line typescript/no-deprecated -- what Fastify itself looks at
    request.raw.on('close', () => events.push(request.raw.aborted ? 'closed early' : 'closed'))
  })
  app.addHook('onRequestAbort', async (request) => {
    heard.get(request.url)?.push('abort')
  })
})

t.test('plugins hear of the end of a request without a body, and of a client that goes before', async (t) => {
  const origin = await startHeldOrigin(t)
  const plan = planWith(
    `${passThrough(origin.url)}  - { name: watched, match: { path: "/watched/*" }, upstream: origin, plugins: { listener: {} } }`,
    [listener]
  )
  const { url } = await startGateway(t, '', { plan })
  const request = http.request(`${url}/watched/given-up`, { agent: false }).on('error', () => {})
  request.end()
  await origin.arrived(1)
  request.destroy()
  await eventually(() => heard.get('/watched/given-up')?.length === 2)
  t.same(heard.get('/watched/given-up')?.toSorted(), ['abort', 'closed early'])

  origin.release()
  for (const method of ['GET', 'POST']) {
    const path = `/watched/${method}`
    t.equal((await send(url, { method, path, ...(method === 'POST' ? { body: 'body' } : {}) })).text, path)
    await eventually(() => heard.get(path)?.length === 1)
    t.same(heard.get(path), ['closed'], method)
    t.equal(endedAtFirst.get(path), method === 'GET', 'without a body there is no stream')
  }
})
