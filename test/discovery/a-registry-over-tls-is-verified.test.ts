import { once } from 'node:events'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import type { TlsPlan } from '../../src/config/plan.ts'
import { createConsulProvider } from '../../src/discovery/consul/provider.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { type Certificate, selfSigned } from '../support/certificates.ts'
import { eventually } from '../support/client.ts'
import { entry } from '../support/consul-stub.ts'
import { consulQuery, consulSettings } from './consul-kit.ts'
import { Recorder } from './contract.ts'

const NO_TLS: TlsPlan = { caPem: null, certPem: null, keyPem: null, serverName: null, insecureSkipVerify: false }

/** A Consul behind TLS that wants a certificate of its clients and answers with one instance. */
async function startTlsConsul(t: Test, certificate: Certificate): Promise<string> {
  const server = https.createServer(
    { key: certificate.key, cert: certificate.cert, ca: certificate.cert, requestCert: true, rejectUnauthorized: true },
    (request, response) => {
      if (request.url?.includes('index=') === true) return
      response.setHeader('x-consul-index', '5')
      response.end(JSON.stringify([entry(8001)]))
    }
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function follow(t: Test, url: string, tls: TlsPlan | null): Recorder {
  const provider = createConsulProvider(consulSettings(url, { tls }), { clock: systemClock, random: createSystemRandom() })
  const recorder = new Recorder()
  const source = provider.watch(consulQuery('orders'), recorder)
  t.teardown(() => {
    source.stop()
    provider.close()
  })
  return recorder
}

t.test('with its authority and a client certificate it answers', async (t) => {
  const own = selfSigned(t)
  const recorder = follow(t, await startTlsConsul(t, own), { ...NO_TLS, caPem: own.cert, certPem: own.cert, keyPem: own.key })
  await eventually(() => recorder.origins?.length === 1)
  t.strictSame(recorder.failures, [])
})

t.test('without its authority it is refused, and the reason says so', async (t) => {
  const own = selfSigned(t)
  const url = await startTlsConsul(t, own)
  for (const tls of [null, NO_TLS]) {
    const recorder = follow(t, url, tls)
    await eventually(() => recorder.failures.length > 0)
    t.match(recorder.failures[0]?.message, /self-signed certificate/)
    t.strictSame(recorder.answers, [])
  }
})

t.test('without a client certificate the registry refuses us', async (t) => {
  const own = selfSigned(t)
  const recorder = follow(t, await startTlsConsul(t, own), { ...NO_TLS, caPem: own.cert })
  await eventually(() => recorder.failures.length > 0)
  t.strictSame(recorder.answers, [])
})
