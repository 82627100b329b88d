import t from 'tap'
import type { ServerResponse } from 'node:http'
import { eventually, send } from '../support/client.ts'
import { startOrigin } from '../support/origin.ts'
import { startWorkers, tell } from '../support/workers.ts'

t.test('a stop lets the requests of all workers end', async (t) => {
  const waiting: ServerResponse[] = []
  const origin = await startOrigin(t, (request, response) => {
    if (request.url === '/slow') waiting.push(response)
    else response.end()
  })
  const { supervisor, url, adminUrl } = await startWorkers(
    t,
    `
plugins: { ${tell('hello')} }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  )
  const slow = Array.from({ length: 12 }, () => send(`${url}/slow`))
  await eventually(() => {
    if (waiting.length < slow.length) throw new Error('not all have come')
  })
  const closed = supervisor.close()
  t.match((await send(`${adminUrl}/readyz`)).json(), { status: 'not ready', reasons: ['the gateway is draining'] })
  await eventually(async () => {
    const refused = await send(url).then(
      () => false,
      () => true
    )
    if (!refused) throw new Error('new connections are still taken')
  })
  for (const response of waiting) response.end('done')
  const answers = await Promise.all(slow)
  t.strictSame([...new Set(answers.map(({ text }) => text))], ['done'])
  t.equal(new Set(answers.map(({ headers }) => headers['x-worker'])).size, 2, 'both had some')
  t.equal(await closed, 0, 'none was cut off')
})
