import t from 'tap'
import { eventually, send } from '../support/client.ts'
import { startOrigin } from '../support/origin.ts'
import { sendAtOnce, startWorkers, tell } from '../support/workers.ts'

t.test('a worker that crashes is replaced while the other one serves', async (t) => {
  const origin = await startOrigin(t, (_request, response) => response.end('served'))
  const body = (say: string): string => `
plugins: { ${tell(say)} }
upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - { name: all, match: { path: /* }, upstream: origin }
  - name: limited
    match: { path: /limited }
    upstream: origin
    plugins: { rate-limit: { limit: 20, window: 1h, by: ip } }`
  const { ofEach, url, adminUrl, log, reload } = await startWorkers(t, body('first'))
  const before = new Set((await ofEach('/')).keys())
  t.equal((await reload(body('second'))).result, 'applied')
  const passed = (await sendAtOnce(`${url}/limited`, 10)).filter(({ status }) => status === 200).length
  t.equal(passed, 10)

  await send(url, { headers: { 'x-crash': 'now' } }).catch(() => {})
  const ended = 'a worker has ended, another takes its place'
  await eventually(() => {
    if (!log.some(({ msg }) => msg === ended)) throw new Error('nobody has ended')
  }, 5000)
  t.match(await send(url), { status: 200, text: 'served' })

  await eventually(() => {
    if (!log.some(({ msg }) => msg === 'a worker was started again')) throw new Error('not yet')
  }, 20_000)
  const after = await ofEach('/')
  t.equal([...after.keys()].filter((name) => before.has(name)).length, 1, 'one thread is new')
  t.strictSame(
    [...after.values()].map(({ headers }) => headers['x-said']),
    ['second', 'second'],
    'it runs what was reloaded last'
  )
  t.match(
    log.find(({ msg }) => msg === ended),
    { level: 'error', err: { message: 'crashed as told' } }
  )
  const counted = (await sendAtOnce(`${url}/limited`, 30)).filter(({ status }) => status === 200).length
  t.equal(counted, 10, 'what was counted before still counts')
  t.match((await send(`${adminUrl}/metrics`)).text, /sallyport_worker_restarts_total 1\n/)
  t.equal((await send(`${adminUrl}/readyz`)).status, 200)
})
