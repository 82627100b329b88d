import t from 'tap'
import { send } from '../support/client.ts'
import { startOrigin } from '../support/origin.ts'
import { sendAtOnce, startWorkers, tell } from '../support/workers.ts'

t.test('workers serve together, and what they count is one count', async (t) => {
  let failing = 0
  const origin = await startOrigin(t, (request, response) => {
    if (request.url !== '/broken') return response.end('served')
    failing++
    response.writeHead(500)
    return response.end()
  })
  const { ofEach, url, adminUrl, supervisor } = await startWorkers(
    t,
    `
plugins: { ${tell('hello')} }
upstreams:
  origin: { endpoints: ["${origin.url}"] }
  broken: { endpoints: ["${origin.url}"], circuitBreaker: { consecutiveFailures: 3, openFor: 1m } }
routes:
  - { name: open, match: { path: /open }, upstream: origin }
  - name: limited
    match: { path: /limited }
    upstream: origin
    plugins: { rate-limit: { limit: 100, window: 1h, by: ip } }
  - { name: broken, match: { path: /broken }, upstream: broken }`
  )

  await t.test('both listen on the port that the first was given', async (t) => {
    const answers = [...(await ofEach('/open')).values()]
    t.ok(supervisor.port() > 0)
    t.strictSame(
      answers.map(({ text }) => text),
      ['served', 'served']
    )
  })

  await t.test('a limit lets exactly as many pass as it says, whoever is asked', async (t) => {
    const answers = await sendAtOnce(`${url}/limited`, 400)
    const passed = answers.filter(({ status }) => status === 200)
    t.equal(passed.length, 100)
    t.equal(answers.filter(({ status }) => status === 429).length, 300)
    t.equal(new Set(passed.map(({ worker }) => worker)).size, 2, 'both let some pass')
  })

  await t.test('a breaker that failures have opened in one worker refuses in the other', async (t) => {
    for (let i = 0; i < 3; i++) t.equal((await send(`${url}/broken`)).status, 500)
    const answers = await ofEach('/broken')
    t.strictSame(
      [...answers.values()].map(({ status }) => status),
      [503, 503]
    )
    t.equal(failing, 3, 'nothing more was sent')
  })

  await t.test('their metrics add up', async (t) => {
    const { text } = await send(`${adminUrl}/metrics`)
    t.match(text, /sallyport_http_requests_total\{route="limited",method="GET",status="200"\} 100\n/)
    t.match(text, /sallyport_http_requests_total\{route="limited",method="GET",status="429"\} 300\n/)
    t.match(text, /sallyport_worker_restarts_total 0\n/)
  })
})
