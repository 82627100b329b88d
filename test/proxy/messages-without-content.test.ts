import t from 'tap'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { fieldsOf, RawConnection, rawRequest } from '../support/raw-client.ts'

const REQUESTS: readonly [string, string][] = [
  ['GET', ''],
  ['DELETE', ''],
  ['POST', 'Content-Length: 0\r\n'],
  ['PUT', 'Content-Length: 0\r\n'],
  ['PATCH', 'Content-Length: 0\r\n'],
  ['OPTIONS', '']
]

for (const [method, line] of REQUESTS) {
  t.test(`${method} without content reaches the upstream without content${line === '' ? '' : ' and with a length of 0'}`, async (t) => {
    const origin = await startRecordingOrigin(t)
    const { port } = await startGateway(t, passThrough(origin.url))
    t.equal((await rawRequest(t, port, `${method} / HTTP/1.1\r\nHost: a\r\n${line}\r\n`)).status, 200)
    t.equal(origin.seen[0]?.method, method)
    t.equal(origin.seen[0]?.body.length, 0)
    t.same(fieldsOf(origin.seen[0]?.rawHeaders ?? [], 'content-length'), line === '' ? [] : ['0'])
    t.same(fieldsOf(origin.seen[0]?.rawHeaders ?? [], 'transfer-encoding'), [])
  })
}

for (const status of [204, 304]) {
  t.test(`${status} has no body and leaves the connection usable`, async (t) => {
    const origin = await startRecordingOrigin(t, (_request, response) => {
      response.writeHead(status).end()
    })
    const { port } = await startGateway(t, passThrough(origin.url))
    const client = await RawConnection.open(t, port)
    for (let i = 0; i < 2; i++) {
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      t.equal((await client.response()).status, status)
    }
    t.equal(client.pending, 0)
    t.equal(origin.accepted, 1)
  })
}
