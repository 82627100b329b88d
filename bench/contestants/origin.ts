// The upstream of every contestant: a small JSON answer, nothing else.
import http from 'node:http'
import type { AddressInfo } from 'node:net'

const body = Buffer.from(JSON.stringify({ id: 'p-1', name: 'Brass lantern', description: 'Burns six hours on one filling', priceCents: 3490 }))
const head = ['content-type', 'application/json; charset=utf-8', 'content-length', String(body.length)]

const server = http.createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume()
  response.writeHead(200, head).end(body)
})
server.listen(0, '127.0.0.1', () => {
  process.send?.({ port: (server.address() as AddressInfo).port })
})
process.on('disconnect', () => process.exit(0))
