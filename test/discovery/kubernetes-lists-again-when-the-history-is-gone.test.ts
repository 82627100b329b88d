import t, { type Test } from 'tap'
import { eventually } from '../support/client.ts'
import { startKubernetesApi, type KubernetesApiServer } from '../support/kubernetes-api.ts'
import type { Recorder } from './contract.ts'
import { endpoint, follow, kubernetesSettings } from './kubernetes-kit.ts'

const verbs = (api: KubernetesApiServer) => api.seen.map(({ verb }) => verb)

/** Follows a service of which, behind a compaction, one slice goes and another comes. */
async function missAChange(t: Test, api: KubernetesApiServer): Promise<Recorder> {
  api.apply('a', { service: 'orders', endpoints: [endpoint('10.0.0.1')] })
  const told = follow(t, kubernetesSettings(api.url))
  await eventually(() => api.watches === 1)
  return told
}

async function holdsAfterwards(t: Test, api: KubernetesApiServer, told: Recorder): Promise<void> {
  await eventually(() => told.origins?.join() === 'http://10.0.0.2:8001')
  t.notOk(
    told.answers.some(({ instances }) => instances.length === 0),
    'no empty answer in between'
  )
  t.strictSame(told.failures, [], 'which is no failure')
  await eventually(() => api.watches === 1)
  api.apply('c', { service: 'orders', endpoints: [endpoint('10.0.0.3')] })
  await eventually(() => told.origins?.length === 2)
}

t.test('410 as an event of the stream', async (t) => {
  const api = await startKubernetesApi(t)
  const told = await missAChange(t, api)
  api.expireWatches()
  api.apply('b', { service: 'orders', endpoints: [endpoint('10.0.0.2')] })
  api.remove('a')
  await holdsAfterwards(t, api, told)
  t.strictSame(verbs(api), ['list', 'watch', 'list', 'watch'])
})

for (const goneAs of ['status', 'event'] as const) {
  t.test(`410 to a watch that goes on, as ${goneAs}`, async (t) => {
    const api = await startKubernetesApi(t)
    api.goneAs = goneAs
    const told = await missAChange(t, api)
    // Ended first, so that the changes are not heard of.
    api.endWatches()
    api.apply('b', { service: 'orders', endpoints: [endpoint('10.0.0.2')] })
    api.remove('a')
    api.compact()
    await holdsAfterwards(t, api, told)
    t.strictSame(verbs(api), ['list', 'watch', 'watch', 'list', 'watch'])
  })
}
