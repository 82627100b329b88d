import t from 'tap'
import { eventually } from '../support/client.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { endpoint, follow, kubernetesQuery, kubernetesSettings } from './kubernetes-kit.ts'

t.test('403 says what is missing, for a list and for a watch', async (t) => {
  const api = await startKubernetesApi(t)
  api.apply('a', { service: 'orders', endpoints: [endpoint('10.0.0.1')], namespace: 'shop' })
  api.forbidden = ['list', 'watch']
  const told = follow(t, kubernetesSettings(api.url), kubernetesQuery('orders', { namespace: 'shop' }))
  await eventually(() => told.failures.length > 0)
  t.match(told.failures[0]?.message, 'the permission is missing for endpointslices list in namespace shop')
  t.strictSame(told.answers, [])
  api.forbidden = ['watch']
  await eventually(() => told.failures.at(-1)?.message.includes('endpointslices watch in namespace shop'))
  t.strictSame(told.origins, ['http://10.0.0.1:8001'], 'what could be listed is used')
  api.forbidden = []
  await eventually(() => api.watches === 1)
})
