import t from 'tap'
import { eventually } from '../support/client.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { endpoint, follow, kubernetesSettings } from './kubernetes-kit.ts'

const versions = (seen: readonly { readonly query: URLSearchParams }[]) => seen.map(({ query }) => query.get('resourceVersion'))

t.test('a watch that ends is gone on with from the last change, without a list, and misses nothing', async (t) => {
  const api = await startKubernetesApi(t)
  api.apply('a', { service: 'orders', endpoints: [endpoint('10.0.0.1')] })
  const told = follow(t, kubernetesSettings(api.url))
  const [listed] = [api.version]
  await eventually(() => api.watches === 1)
  api.apply('b', { service: 'orders', endpoints: [endpoint('10.0.0.2')] })
  await eventually(() => told.origins?.length === 2)
  const changed = api.version
  api.endWatches()
  // Nobody watches now.
  api.apply('c', { service: 'orders', endpoints: [endpoint('10.0.0.3')] })
  await eventually(() => told.origins?.length === 3)
  t.strictSame(versions(api.seen), [null, listed, changed])
  t.strictSame(told.failures, [])
})

t.test('a bookmark says that the answer is fresh, and moves the version on', async (t) => {
  const api = await startKubernetesApi(t)
  api.apply('a', { service: 'orders', endpoints: [endpoint('10.0.0.1')] })
  const told = follow(t, kubernetesSettings(api.url))
  await eventually(() => api.watches === 1)
  const before = told.answers.length
  api.moveOn()
  api.bookmark()
  await eventually(() => told.answers.length > before)
  t.strictSame(told.origins, ['http://10.0.0.1:8001'])
  // What was before the bookmark may be forgotten now.
  const bookmarked = api.version
  api.compact()
  api.endWatches()
  await eventually(() => api.seen.length === 3 && api.watches === 1)
  t.equal(versions(api.seen)[2], bookmarked)
  t.equal(api.seen[2]?.verb, 'watch')
  t.strictSame(told.failures, [])
})
