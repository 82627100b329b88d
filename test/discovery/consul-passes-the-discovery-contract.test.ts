import t from 'tap'
import { createConsulProvider } from '../../src/discovery/consul/provider.ts'
import type { ConsulQuery } from '../../src/config/plan-discovery.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { consulMissing, startConsul } from '../support/consul.ts'
import { consulQuery, consulSettings, register } from './consul-kit.ts'
import { discoveryContract, type Harness, type Registration } from './contract.ts'

const missing = consulMissing()
if (missing !== false) t.plan(0, missing)
else
  discoveryContract(t, async (t): Promise<Harness<ConsulQuery>> => {
    const consul = await startConsul(t)
    const known = new Map<string, () => Promise<unknown>>()
    const idOf = (service: string, { port }: Registration) => `${service}-${port}`
    return {
      provider: createConsulProvider(consulSettings(consul.url), { clock: systemClock, random: createSystemRandom() }),
      query: (service) => consulQuery(service),
      register(service, registration) {
        const put = () => register(consul, service, idOf(service, registration), registration)
        known.set(idOf(service, registration), put)
        return put()
      },
      deregister(service, registration) {
        known.delete(idOf(service, registration))
        return consul.put(`/v1/agent/service/deregister/${idOf(service, registration)}`)
      },
      // Consul takes any scheme for what it does not know the meaning of.
      spoil: (service) => register(consul, service, `${service}-broken`, { host: '127.0.0.1', port: 8009 }, { meta: { scheme: 'gopher' } }),
      down: () => consul.kill(),
      async up() {
        await consul.restart()
        for (const put of known.values()) await put()
      }
    }
  })
