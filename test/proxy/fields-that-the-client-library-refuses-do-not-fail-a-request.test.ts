import t from 'tap'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { passThrough, startGateway } from '../support/gateway.ts'
import { startRecordingOrigin } from '../support/origin.ts'
import { fieldsOf, rawRequest } from '../support/raw-client.ts'

for (const line of ['Keep-Alive: timeout=5', 'Upgrade: h2c']) {
  const request = `GET / HTTP/1.1\r\nHost: a\r\n${line}\r\n\r\n`
  const name = line.slice(0, line.indexOf(':')).toLowerCase()

  t.test(`a default proxy answers a request with ${name} by 500`, async (t) => {
    const origin = await startRecordingOrigin(t)
    const proxy = await startDefaultProxy(t, origin.url)
    t.equal((await rawRequest(t, proxy.port, request)).status, 500)
  })

  t.test(`the gateway forwards it without ${name}`, async (t) => {
    const origin = await startRecordingOrigin(t)
    const { port } = await startGateway(t, passThrough(origin.url))
    t.equal((await rawRequest(t, port, request)).status, 200)
    t.same(fieldsOf(origin.seen[0]?.rawHeaders ?? [], name), [])
  })
}
