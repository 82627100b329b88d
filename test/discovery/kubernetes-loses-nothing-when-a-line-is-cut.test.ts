import t from 'tap'
import { eventually } from '../support/client.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { endpoint, follow, kubernetesSettings } from './kubernetes-kit.ts'

for (const where of ['connection', 'end'] as const) {
  t.test(`half a line and the end of the ${where === 'end' ? 'answer' : 'connection'} is a failure, and the change comes all the same`, async (t) => {
    const api = await startKubernetesApi(t)
    api.apply('a', { service: 'orders', endpoints: [endpoint('10.0.0.1')] })
    const told = follow(t, kubernetesSettings(api.url))
    await eventually(() => api.watches === 1)
    api.cutNextLine(where)
    api.apply('b', { service: 'orders', endpoints: [endpoint('10.0.0.2')] })
    await eventually(() => told.origins?.length === 2)
    t.equal(told.failures.length, 1)
    t.ok(told.answers.every(({ instances }) => instances.length > 0))
    await eventually(() => api.watches === 1)
    api.apply('c', { service: 'orders', endpoints: [endpoint('10.0.0.3')] })
    await eventually(() => told.origins?.length === 3)
    t.equal(told.failures.length, 1)
  })
}
