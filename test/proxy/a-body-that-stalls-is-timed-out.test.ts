import t from 'tap'
import { eventually } from '../support/client.ts'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin, startRecordingOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'

const STALLED = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf'

t.test('a default proxy lets a stalled body hold an upstream connection', async (t) => {
  const origin = await startRecordingOrigin(t)
  const client = await RawConnection.open(t, (await startDefaultProxy(t, origin.url)).port)
  client.write(STALLED)
  await eventually(() => origin.connections === 1)
  const limit = new Promise<string>((resolve) => {
    setTimeout(() => resolve('still waiting'), 600)
  })
  t.equal(await Promise.race([client.closed().then(() => 'closed'), limit]), 'still waiting')
  t.equal(origin.connections, 1)
})

t.test('the gateway answers 408 after clientTimeouts.bodyIdle and frees the upstream', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startGateway(t, `clientTimeouts: { bodyIdle: 200ms }\n${passThrough(origin.url, '    bufferRequestBody: off')}`)
  const client = await RawConnection.open(t, gateway.port)
  client.write(STALLED)
  const response = await client.response()
  t.equal(response.status, 408)
  t.equal(JSON.parse(response.body.toString()).code, 'SP_REQUEST_TIMEOUT')
  await client.closed()
  await eventually(() => origin.connections === 0)
  t.match(
    gateway.log.find((line) => line.msg === 'request'),
    { status: 408, outcome: 'client-abort' }
  )
})

t.test('an upstream that does not read is not blamed on the client', async (t) => {
  const size = 8 * 1024 * 1024
  let resume = (): void => {}
  const origin = await startOrigin(t, (request, response) => {
    request.pause()
    resume = () => request.resume().on('end', () => response.end())
  })
  const gateway = await startGateway(t, `clientTimeouts: { bodyIdle: 150ms }\n${passThrough(origin.url)}`)
  const client = await RawConnection.open(t, gateway.port)
  client.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${size}\r\n\r\n`)
  client.write(Buffer.alloc(size))
  await eventually(() => origin.connections === 1)
  await new Promise((resolve) => {
    setTimeout(resolve, 500)
  })
  t.equal(client.pending, 0, 'no answer yet, three times the limit later')
  resume()
  t.equal((await client.response()).status, 200)
})
