import http from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { openLoop } from '../../bench/drive/open-loop.ts'

t.test('a connection that the server closes between two requests is opened again, and nothing failed', async (t) => {
  let answered = 0
  const server = http.createServer((_request, response) => {
    answered++
    response.writeHead(200, { 'content-length': '2', ...(answered % 10 === 0 ? { connection: 'close' } : {}) }).end('ok')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const target = { port: (server.address() as AddressInfo).port, isTls: false }
  const request = { method: 'GET', path: '/', headers: {}, body: null } as const
  // One connection and time between requests: it is never closed under one that is on its way.
  const { failures, reopened, latency } = await openLoop(target, [request], { rate: 50, seconds: 1, connections: 1 })
  t.equal(failures, 0)
  t.equal(answered, 50)
  t.ok(reopened >= 4, `opened ${reopened} times again`)
  t.ok(latency.max > 0)
})
