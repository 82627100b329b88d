import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { eventually } from '../support/client.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { endpoint, fileOf, follow, kubernetesQuery, kubernetesSettings } from './kubernetes-kit.ts'

t.test("the query's namespace, else the configured one, else that of the pod", async (t) => {
  const api = await startKubernetesApi(t)
  for (const [index, namespace] of ['one', 'two', 'three'].entries()) {
    api.apply('a', { service: 'orders', endpoints: [endpoint(`10.0.0.${index + 1}`)], namespace })
  }
  const namespaceFile = fileOf(t, 'namespace', 'three\n')
  const first = follow(t, kubernetesSettings(api.url, { namespace: 'two', namespaceFile }), kubernetesQuery('orders', { namespace: 'one' }))
  const second = follow(t, kubernetesSettings(api.url, { namespace: 'two', namespaceFile }))
  const third = follow(t, kubernetesSettings(api.url, { namespace: null, namespaceFile }))
  await eventually(() => [first, second, third].every(({ last }) => last !== undefined))
  t.strictSame(
    [first, second, third].flatMap(({ origins }) => origins),
    ['http://10.0.0.1:8001', 'http://10.0.0.2:8001', 'http://10.0.0.3:8001']
  )
})

t.test('without any it is a failure that says so, until the file is there', async (t) => {
  const api = await startKubernetesApi(t)
  api.apply('a', { service: 'orders', endpoints: [endpoint('10.0.0.1')], namespace: 'late' })
  const namespaceFile = join(t.testdir(), 'namespace')
  const told = follow(t, kubernetesSettings(api.url, { namespace: null, namespaceFile }))
  t.strictSame(told.failures, [], 'not before `watch` has returned')
  await eventually(() => told.failures.length > 0)
  t.match(told.failures[0]?.message, `no namespace is configured, and the namespace file ${namespaceFile} cannot be read`)
  t.strictSame(api.seen, [])
  writeFileSync(namespaceFile, 'late')
  await eventually(() => told.origins?.length === 1)
})
