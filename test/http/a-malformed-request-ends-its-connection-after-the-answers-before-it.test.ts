import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'

t.test('a good request before a malformed one is answered, nothing after it is', async (t) => {
  const origin = await startRecordingOrigin(t)
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
  client.write('GET /good HTTP/1.1\r\nHost: a\r\n\r\n')
  t.equal((await client.response()).status, 200)
  client.write('GET /bad HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nGET /after HTTP/1.1\r\nHost: a\r\n\r\n')
  t.equal((await client.response()).status, 400)
  t.equal(await client.rest(), '')
  t.same(
    origin.seen.map((request) => request.url),
    ['/good']
  )
})

t.test('a request that the front door refuses takes pipelined ones with it', async (t) => {
  const origin = await startRecordingOrigin(t)
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
  client.write('GET //bad HTTP/1.1\r\nHost: a\r\n\r\nGET /after HTTP/1.1\r\nHost: a\r\n\r\n')
  t.equal((await client.response()).status, 400)
  t.equal(await client.rest(), '')
})
