import t from 'tap'
import { eventually } from '../support/client.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { endpoint, follow, kubernetesSettings } from './kubernetes-kit.ts'

t.test('all pages of a list are one answer, of one moment', async (t) => {
  const api = await startKubernetesApi(t)
  api.pageSize = 2
  for (let i = 1; i <= 5; i++) api.apply(`s${i}`, { service: 'orders', endpoints: [endpoint(`10.0.0.${i}`)] })
  const listed = api.version
  api.onFirstPage = () => api.remove('s5')
  const told = follow(t, kubernetesSettings(api.url))
  await eventually(() => told.answers.length === 2)
  t.equal(told.answers[0]?.instances.length, 5)
  t.equal(told.answers[1]?.instances.length, 4, 'what changed meanwhile is told by the watch')
  t.strictSame(
    api.seen.map(({ verb, query }) => [verb, query.get('limit'), query.has('continue'), query.get('resourceVersion')]),
    [
      ['list', '500', false, null],
      ['list', '500', true, null],
      ['list', '500', true, null],
      ['watch', null, false, listed]
    ]
  )
})

t.test('a list whose next page is forgotten is read again in one piece', async (t) => {
  const api = await startKubernetesApi(t)
  api.pageSize = 2
  for (let i = 1; i <= 5; i++) api.apply(`s${i}`, { service: 'orders', endpoints: [endpoint(`10.0.0.${i}`)] })
  api.onFirstPage = () => {
    api.remove('s1')
    api.compact()
  }
  const told = follow(t, kubernetesSettings(api.url))
  await eventually(() => told.answers.length === 1)
  t.strictSame(told.origins, ['http://10.0.0.2:8001', 'http://10.0.0.3:8001', 'http://10.0.0.4:8001', 'http://10.0.0.5:8001'])
  t.equal(api.seen[2]?.query.has('limit'), false)
  t.strictSame(told.failures, [])
})
