import t from 'tap'
import requestSize from '../../plugins/request-size/index.ts'
import { send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { planWith } from '../support/plan.ts'

t.test('a chunked body ends at the limit of its route, and other routes have their own', async (t) => {
  const origin = await startRecordingOrigin(t)
  const text = `upstreams: { origin: { endpoints: ["${origin.url}"] } }
routes:
  - { name: small, match: { path: /small }, upstream: origin, plugins: { request-size: { max: 1KiB } } }
  - { name: large, match: { path: /large }, upstream: origin }
`
  const plan = planWith(text, [requestSize])
  const { url } = await startGateway(t, passThrough(origin.url), { plan })
  const post = (path: string, bytes: number) =>
    send(`${url}${path}`, { method: 'POST', headers: { 'transfer-encoding': 'chunked' }, body: 'x'.repeat(bytes) })

  t.equal((await post('/small', 1024)).status, 200)
  const refused = await post('/small', 1025)
  t.equal(refused.status, 413)
  t.equal(refused.json().code, 'SP_BODY_TOO_LARGE')
  t.equal((await post('/large', 5000)).status, 200)
  t.same(
    origin.seen.map(({ body }) => body.length),
    [1024, 5000]
  )
})
