import t from 'tap'
import { eventually } from '../support/client.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { endpoint, follow, kubernetesSettings } from './kubernetes-kit.ts'

const READY = { ready: true, serving: true, terminating: false }

t.test('endpoints get requests from the moment they are ready to the moment they begin to terminate', async (t) => {
  const api = await startKubernetesApi(t)
  const apply = (conditions: unknown) =>
    api.apply('a', {
      service: 'orders',
      endpoints: [
        endpoint('10.0.0.1'),
        endpoint('10.0.0.2', { conditions: null }),
        endpoint('10.0.0.3', { conditions: {} }),
        endpoint('10.0.0.4', { conditions })
      ]
    })
  apply({ ...READY, ready: false, serving: false })
  const told = follow(t, kubernetesSettings(api.url))
  const always = ['http://10.0.0.1:8001', 'http://10.0.0.2:8001', 'http://10.0.0.3:8001']
  await eventually(() => told.answers.length === 1)
  t.strictSame(told.origins, always, 'without a condition they are ready')
  await eventually(() => api.watches === 1)
  apply(READY)
  await eventually(() => told.answers.length === 2)
  t.strictSame(told.origins, [...always, 'http://10.0.0.4:8001'])
  apply({ ready: false, serving: true, terminating: true })
  await eventually(() => told.answers.length === 3)
  t.strictSame(told.origins, always)
  // Of a service with publishNotReadyAddresses.
  apply({ ready: true, serving: true, terminating: true })
  await eventually(() => told.answers.length === 4)
  t.strictSame(told.origins, always)
  t.strictSame(told.last?.skipped, [], 'which is nothing to complain about')
})
