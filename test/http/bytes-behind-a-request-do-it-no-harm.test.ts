import t from 'tap'
import { inFlight } from '../support/admin.ts'
import { eventually, send } from '../support/client.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startOrigin, startRecordingOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'

const SECOND = 'GET /second HTTP/1.1\r\nHost: a\r\n\r\n'

const LAST: readonly [string, string][] = [
  ['Connection: close', 'GET /first HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
  ['Connection: close with content', 'POST /first HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi'],
  ['HTTP/1.0', 'GET /first HTTP/1.0\r\n\r\n'],
  ['Connection: close in a trailer', 'POST /first HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nConnection: close\r\n\r\n']
]

for (const [name, request] of LAST) {
  for (const more of [SECOND, 'nonsense\r\n\r\n', '\r\n']) {
    t.test(`${name}, then ${JSON.stringify(more.slice(0, 20))}: the request is answered and is the last one`, async (t) => {
      const origin = await startRecordingOrigin(t)
      const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
      client.write(request + more)
      t.equal((await client.response()).status, 200)
      if (!name.endsWith('trailer') || more !== '\r\n') t.equal(await client.rest(), '')
      t.same(
        origin.seen.map(({ url }) => url),
        ['/first']
      )
    })
  }
}

t.test('nonsense behind pipelined requests: they are answered in order, then the connection ends', async (t) => {
  const origin = await startRecordingOrigin(t)
  const gateway = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, gateway.port)
  client.write(
    'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhinonsense\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n'
  )
  t.equal((await client.response()).status, 200)
  t.equal((await client.response()).status, 200)
  t.equal(await client.rest(), '')
  t.same(origin.seen.map(({ url }) => url).toSorted(), ['/1', '/2'])
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
})

t.test('nonsense while an answer streams: it is delivered whole, then the connection ends', async (t) => {
  let finish = (): unknown => t.fail('nothing to finish')
  const origin = await startOrigin(t, (request, response) => {
    if (request.url === '/other') return response.end()
    response.write('begun')
    finish = () => response.end(' and ended')
    return response
  })
  const gateway = await startGateway(t, passThrough(origin.url))
  const client = await RawConnection.open(t, gateway.port)
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await client.head()
  client.write('nonsense\r\n\r\n')
  // What was written before this request has been read when it is answered.
  await send(`${gateway.url}/other`)
  finish()
  t.equal(await client.rest(), '5\r\nbegun\r\na\r\n and ended\r\n0\r\n\r\n')
  await eventually(async () => (await inFlight(gateway, 'origin')) === 0)
})
