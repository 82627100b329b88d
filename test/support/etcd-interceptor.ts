import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Teardown } from './gateway.ts'

/**
 * Stands in front of an etcd and passes everything on. Before a request goes on, `before` is called with its path and which one of that path
 * it is, counted from 1.
 */
export async function interceptor(t: Teardown, url: string, before: (path: string, count: number) => Promise<void>): Promise<string> {
  const counts = new Map<string, number>()
  const server = http.createServer((request, reply) => {
    const path = request.url ?? ''
    const count = (counts.get(path) ?? 0) + 1
    counts.set(path, count)
    void before(path, count).then(() => {
      const onward = http.request(url + path, { method: 'POST', headers: request.headers, agent: false }, (answer) => {
        reply.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(reply)
      })
      onward.on('error', () => reply.destroy())
      reply.on('close', () => onward.destroy())
      request.pipe(onward)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
