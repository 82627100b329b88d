import t from 'tap'
import type { KubernetesQuery } from '../../src/config/plan-discovery.ts'
import { createKubernetesProvider } from '../../src/discovery/kubernetes/provider.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { startKubernetesApi } from '../support/kubernetes-api.ts'
import { discoveryContract, type Harness, type Registration } from './contract.ts'
import { endpoint, kubernetesQuery, kubernetesSettings } from './kubernetes-kit.ts'

discoveryContract(t, async (t): Promise<Harness<KubernetesQuery>> => {
  const api = await startKubernetesApi(t)
  // Instances differ by port here, and a slice has its ports for all its endpoints: one slice each.
  const nameOf = (service: string, { port }: Registration) => `${service}-${port}`
  return {
    provider: createKubernetesProvider(kubernetesSettings(api.url), { clock: systemClock, random: createSystemRandom() }),
    query: (service) => kubernetesQuery(service),
    async register(service, registration) {
      const ports = [{ name: 'http', port: registration.port, protocol: 'TCP' }]
      api.apply(nameOf(service, registration), { service, endpoints: [endpoint(registration.host)], ports })
    },
    deregister: async (service, registration) => api.remove(nameOf(service, registration)),
    spoil: async (service) => api.apply(`${service}-broken`, { service, endpoints: [endpoint('127.0.0.1')], addressType: 'Carrier-Pigeon' }),
    down: () => api.down(),
    up: () => api.up(),
    // Weights are none of its concepts.
    hasWeights: false
  }
})
