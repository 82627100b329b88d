import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { field, RawConnection } from '../support/raw-client.ts'

const upload = (length: number): string => `PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`

const CASES: readonly [string, number, string, string, number][] = [
  ['by a plugin', 401, '', '    plugins: { jwt: { secret: "0123456789abcdef0123456789abcdef" } }', 10],
  ['for its size', 413, 'limits: { body: 1KiB }', '', 1025]
]

for (const [name, status, top, plugins, length] of CASES) {
  t.test(`a request refused ${name} gets its ${status} without 100 Continue, and its connection is closed`, async (t) => {
    const origin = await startRecordingOrigin(t)
    const { port } = await startGateway(t, `${top}\n${passThrough(origin.url, plugins)}`)
    const client = await RawConnection.open(t, port)
    client.write(upload(length))
    const response = await client.response()
    t.same(response.interim, [])
    t.equal(response.status, status)
    t.equal(field(response.fields, 'connection'), 'close')
    await client.closed()
    t.equal(origin.accepted, 0)
  })
}

t.test('an endpoint that cannot be reached does not invite it either where bodies are not buffered', async (t) => {
  const { port } = await startGateway(t, passThrough('http://127.0.0.1:1', '    bufferRequestBody: off'))
  const client = await RawConnection.open(t, port)
  client.write(upload(10))
  const response = await client.response()
  t.same(response.interim, [])
  t.equal(response.status, 502)
})

t.test('an expectation without a body is not answered', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, port)
  client.write('GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n')
  const response = await client.response()
  t.same(response.interim, [])
  t.equal(response.status, 200)
})
