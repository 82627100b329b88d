import { copyFileSync } from 'node:fs'
import https from 'node:https'
import { dirname, join } from 'node:path'
import t from 'tap'
import { selfSigned } from '../support/certificates.ts'
import { eventually } from '../support/client.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { endpoint, follow, kubernetesSettings } from './kubernetes-kit.ts'

t.test('https wants a CA file, and is tried again until there is one', async (t) => {
  const { key, cert, certFile } = selfSigned(t)
  const api = await startKubernetesApi(t, https.createServer({ key, cert }))
  api.apply('a', { service: 'orders', endpoints: [endpoint('10.0.0.1')] })
  const caFile = join(dirname(certFile), 'late.crt')
  const told = follow(t, kubernetesSettings(`https://127.0.0.1:${api.port}`, { caFile }))
  await eventually(() => told.failures.length > 0)
  t.match(told.failures[0]?.message, `CA file ${caFile} cannot be read`)
  t.equal(api.seen.length, 0)
  copyFileSync(certFile, caFile)
  await eventually(() => told.origins?.length === 1)
})

t.test('a server that the CA does not vouch for is not talked to', async (t) => {
  const { key, cert } = selfSigned(t)
  const { certFile: caFile } = selfSigned(t)
  const api = await startKubernetesApi(t, https.createServer({ key, cert }))
  const told = follow(t, kubernetesSettings(`https://127.0.0.1:${api.port}`, { caFile }))
  await eventually(() => told.failures.length > 0)
  t.match(told.failures[0]?.message, /self-signed/)
  t.equal(api.seen.length, 0)
})
