import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'

t.test('ten pipelined requests are answered in their order, the slow ones too', async (t) => {
  const origin = await startRecordingOrigin(t, (request, response) => {
    if (Number(request.url.slice(1)) % 3 === 0) setTimeout(() => response.end(request.url + request.body.toString()), 60)
    else response.end(request.url + request.body.toString())
  })
  const client = await RawConnection.open(t, (await startGateway(t, passThrough(origin.url))).port)
  const requests = Array.from({ length: 10 }, (_one, i) =>
    i % 2 === 0 ? `GET /${i} HTTP/1.1\r\nHost: a\r\n\r\n` : `POST /${i} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n${i}`
  )
  client.write(requests.join(''))
  const bodies: string[] = []
  while (bodies.length < 10) bodies.push((await client.response()).body.toString())
  t.same(bodies, ['/0', '/11', '/2', '/33', '/4', '/55', '/6', '/77', '/8', '/99'])
})
