import t from 'tap'
import type { EurekaQuery } from '../../src/config/plan-discovery.ts'
import { startEureka } from '../support/eureka-server.ts'
import { discoveryContract, type Harness, type Registration } from './contract.ts'
import { eurekaProvider, eurekaQuery, eurekaSettings } from './eureka-kit.ts'

discoveryContract(t, async (t): Promise<Harness<EurekaQuery>> => {
  const eureka = await startEureka(t)
  const idOf = ({ host, port }: Registration) => `${host}:${port}`
  return {
    provider: eurekaProvider(t, eurekaSettings(eureka.url)),
    query: (service) => eurekaQuery(service),
    async register(service, registration) {
      const { host, port, weight, zone } = registration
      const metadata = { ...(weight === undefined ? {} : { weight: String(weight) }), ...(zone === undefined ? {} : { zone }) }
      eureka.register(service, { id: idOf(registration), host, port, metadata })
    },
    deregister: async (service, registration) => eureka.cancel(service, idOf(registration)),
    spoil: async (service) => eureka.register(service, { host: '127.0.0.1', port: 8009, metadata: { weight: 'heavy' } }),
    down: () => eureka.down(),
    up: () => eureka.up()
  }
})
