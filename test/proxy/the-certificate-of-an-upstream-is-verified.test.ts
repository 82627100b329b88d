import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { selfSigned } from '../support/certificates.ts'
import { send } from '../support/client.ts'
import { startDefaultProxy } from '../support/default-proxy.ts'
import { startGateway } from '../support/gateway.ts'

async function tlsOrigin(t: Test): Promise<{ url: string; certFile: string }> {
  const certificate = selfSigned(t)
  const server = https
    .createServer(certificate, (_request, response) => {
      response.end('secret')
    })
    .listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, certFile: certificate.certFile }
}

const readFile = (path: string): string => readFileSync(path, 'utf8')

const to = (url: string, tls: string): string => `upstreams: { origin: { endpoints: ["${url}"]${tls} } }
routes: [{ name: all, match: { path: /* }, upstream: origin }]`

t.test('a default proxy accepts any certificate', async (t) => {
  t.equal((await send((await startDefaultProxy(t, (await tlsOrigin(t)).url)).url)).text, 'secret')
})

t.test('the gateway answers 502 SP_UPSTREAM_CONNECT for a self-signed one', async (t) => {
  const gateway = await startGateway(t, to((await tlsOrigin(t)).url, ''))
  const answer = await send(gateway.url)
  t.equal(answer.status, 502)
  t.equal(answer.json().code, 'SP_UPSTREAM_CONNECT')
  t.notMatch(answer.text, /self.signed|certificate/i)
  t.match(
    gateway.log.find((line) => line.msg === 'request'),
    { outcome: 'tls-failure' }
  )
})

t.test('the gateway accepts it with caFile', async (t) => {
  const { url, certFile } = await tlsOrigin(t)
  t.equal((await send((await startGateway(t, to(url, `, tls: { caFile: "${certFile}" }`), { readFile })).url)).text, 'secret')
})

t.test('the gateway refuses it with caFile under another name', async (t) => {
  const { url, certFile } = await tlsOrigin(t)
  t.equal((await send((await startGateway(t, to(url, `, tls: { caFile: "${certFile}", serverName: other.example }`), { readFile })).url)).status, 502)
})

t.test('the gateway accepts it with insecureSkipVerify', async (t) => {
  const { url } = await tlsOrigin(t)
  t.equal((await send((await startGateway(t, to(url, ', tls: { insecureSkipVerify: true }'))).url)).text, 'secret')
})
