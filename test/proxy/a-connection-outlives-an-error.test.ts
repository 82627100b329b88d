import t from 'tap'
import { startGateway } from '../support/gateway.ts'
import { startRawOrigin, startRecordingOrigin } from '../support/origin.ts'
import { RawConnection } from '../support/raw-client.ts'

t.test('a client connection is used again after 502, 404 and 405 answers', async (t) => {
  const origin = await startRecordingOrigin(t)
  const broken = await startRawOrigin(t, (socket) => {
    socket.once('data', () => socket.destroy())
  })
  const { port } = await startGateway(
    t,
    `upstreams: { good: { endpoints: ["${origin.url}"] }, bad: { endpoints: ["${broken.url}"] } }
routes:
  - { name: good, match: { path: /good, methods: [GET, POST] }, upstream: good }
  - { name: bad, match: { path: /bad }, upstream: bad }`
  )
  const client = await RawConnection.open(t, port)
  const statuses: number[] = []
  for (const line of ['GET /good', 'GET /bad', 'POST /bad', 'GET /none', 'POST /none', 'PUT /good', 'POST /good']) {
    client.write(`${line} HTTP/1.1\r\nHost: a\r\n${line.startsWith('GET') ? '' : 'Content-Length: 3\r\n'}\r\n${line.startsWith('GET') ? '' : 'abc'}`)
    statuses.push((await client.response()).status)
  }
  t.same(statuses, [200, 502, 502, 404, 404, 405, 200])
})
