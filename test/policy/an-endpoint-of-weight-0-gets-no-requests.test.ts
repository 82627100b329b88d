import t from 'tap'
import { send } from '../support/client.ts'
import { startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'

t.test('an endpoint of weight 0 gets no requests, the others get their shares', async (t) => {
  const [a, b, c] = [await startRecordingOrigin(t), await startRecordingOrigin(t), await startRecordingOrigin(t)]
  const { url } = await startGateway(
    t,
    `upstreams: { origin: { endpoints: [{ url: "${a.url}", weight: 3 }, { url: "${b.url}", weight: 1 }, { url: "${c.url}", weight: 0 }] } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
  )
  for (let i = 0; i < 8; i++) await send(url)
  t.same(
    [a, b, c].map((origin) => origin.seen.length),
    [6, 2, 0]
  )
})
