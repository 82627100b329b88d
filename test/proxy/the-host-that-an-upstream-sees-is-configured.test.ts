import t from 'tap'
import { startGateway } from '../support/gateway.ts'
import { type SeenRequest, startRecordingOrigin } from '../support/origin.ts'
import { fieldsOf, rawRequest } from '../support/raw-client.ts'

const MODES: readonly [string, (origin: string) => string][] = [
  ['upstream', (origin) => new URL(origin).host],
  ['preserve', () => 'Shop.example:8443'],
  ['orders.internal', () => 'orders.internal']
]

for (const [mode, expected] of MODES) {
  t.test(`hostHeader: ${mode}`, async (t) => {
    const origin = await startRecordingOrigin(t)
    const { port } = await startGateway(
      t,
      `upstreams: { origin: { endpoints: ["${origin.url}"], hostHeader: ${mode} } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`
    )
    await rawRequest(t, port, 'GET / HTTP/1.1\r\nHost: Shop.example:8443\r\n\r\n')
    const { rawHeaders } = origin.seen[0] as SeenRequest
    t.same(fieldsOf(rawHeaders, 'host'), [expected(origin.url)])
    t.same(fieldsOf(rawHeaders, 'x-forwarded-host'), ['Shop.example:8443'])
  })
}
