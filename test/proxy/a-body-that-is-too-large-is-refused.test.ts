import t from 'tap'
import { eventually } from '../support/client.ts'
import { inFlight } from '../support/admin.ts'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { field, RawConnection, rawRequest } from '../support/raw-client.ts'

const MiB = 1024 * 1024
const chunk = (size: number): string => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`
const CHUNKED = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'
const limit = (bytes: string): string => `limits: { body: ${bytes} }`

t.test('a default proxy does not hold streamed bodies to bodyLimit', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startDefaultProxy(t, origin.url)
  t.equal((await rawRequest(t, port, CHUNKED + chunk(MiB).repeat(2) + '0\r\n\r\n')).status, 200)
  t.equal(origin.seen[0]?.body.length, 2 * MiB, 'the limit is 1 MiB')
})

t.test('a Content-Length over the limit is answered 413 at once, and the upstream sees nothing', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(t, `${limit('1KiB')}\n${passThrough(origin.url)}`)
  const client = await RawConnection.open(t, port)
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1025\r\n\r\n')
  const response = await client.response()
  t.equal(response.status, 413)
  t.equal(JSON.parse(response.body.toString()).code, 'SP_BODY_TOO_LARGE')
  t.equal(field(response.fields, 'connection'), 'close')
  await client.closed()
  t.equal(origin.accepted, 0)
})

t.test('a chunked body over the limit is answered 413, and its upstream request is aborted', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startGateway(t, `${limit('100KiB')}\n${passThrough(origin.url, '    bufferRequestBody: off')}`)
  const client = await RawConnection.open(t, gateway.port)
  client.write(CHUNKED + chunk(60 * 1024))
  await eventually(() => origin.connections === 1)
  client.write(chunk(60 * 1024))
  const response = await client.response()
  t.equal(response.status, 413)
  await client.closed()
  await eventually(() => origin.connections === 0)
  t.equal(origin.seen.length, 0, 'the upstream never saw a whole request')
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
  t.match(
    gateway.log.find((line) => line.msg === 'request'),
    { status: 413, code: 'SP_BODY_TOO_LARGE', outcome: 'client-abort' }
  )
})

t.test('bodies of exactly the limit pass', async (t) => {
  const origin = await startRecordingOrigin(t)
  const { port } = await startGateway(t, `${limit('1KiB')}\n${passThrough(origin.url)}`)
  t.equal((await rawRequest(t, port, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1024\r\n\r\n${'x'.repeat(1024)}`)).status, 200)
  t.equal((await rawRequest(t, port, `${CHUNKED}${chunk(512)}${chunk(512)}0\r\n\r\n`)).status, 200)
})
