import t from 'tap'
import { send } from '../support/client.ts'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { type SeenRequest, startOrigin, startRecordingOrigin } from '../support/origin.ts'
import { field, RawConnection } from '../support/raw-client.ts'

const LATIN1 = Buffer.from('Gr\u00fc\u00dfe', 'latin1')
const request = { method: 'POST', headers: { 'content-type': 'text/plain; charset=iso-8859-1', 'content-length': LATIN1.length }, body: LATIN1 }

t.test('a default proxy decodes and re-encodes a text/plain body', async (t) => {
  const origin = await startRecordingOrigin(t)
  await send((await startDefaultProxy(t, origin.url)).url, request)
  t.notSame(origin.seen[0]?.body, LATIN1)
})

t.test('the gateway does not', async (t) => {
  const origin = await startRecordingOrigin(t)
  await send((await startGateway(t, passThrough(origin.url))).url, request)
  const [seen] = origin.seen as [SeenRequest]
  t.same(seen.body, LATIN1)
  t.equal(field(seen.rawHeaders, 'content-type'), 'text/plain; charset=iso-8859-1')
})

t.test('a text body streams: its first bytes are upstream before its last ones were sent', async (t) => {
  let first: (text: string) => void = () => {}
  const arrived = new Promise<string>((resolve) => {
    first = resolve
  })
  const origin = await startOrigin(t, (message, response) => {
    message.once('data', (chunk: Buffer) => first(chunk.toString())).on('end', () => response.end())
  })
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url, '    bufferRequestBody: off'))).port)
  client.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nfirst')
  t.equal(await arrived, 'first')
  client.write('-last')
  t.equal((await client.response()).status, 200)
})
