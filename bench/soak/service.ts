// An upstream in a process of its own, so that it can be killed and stopped: answers within a few milliseconds with the status it was told.
import http from 'node:http'
import type { AddressInfo } from 'node:net'

let status = 200
process.on('message', (message: { readonly status: number }) => {
  status = message.status
})
const server = http.createServer({ keepAliveTimeout: 60_000 }, (_request, response) => {
  setTimeout(() => response.writeHead(status).end('answer'), 3)
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit(0))
