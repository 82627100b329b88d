import t from 'tap'
import type { EtcdQuery } from '../../src/config/plan-discovery.ts'
import { createEtcdProvider } from '../../src/discovery/etcd/provider.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { etcdMissing, startEtcd } from '../support/etcd.ts'
import { discoveryContract, type Harness, type Registration } from './contract.ts'

t.test('etcd passes the discovery contract', { skip: etcdMissing() }, (t) => {
  discoveryContract(t, async (t): Promise<Harness<EtcdQuery>> => {
    const etcd = await startEtcd(t)
    const settings = { addresses: [etcd.url], username: null, password: null, tls: null }
    const keyOf = (service: string, { port }: Registration) => `/${service}/${port}`
    return {
      provider: createEtcdProvider(settings, { clock: systemClock, random: createSystemRandom() }),
      query: (service) => ({ prefix: `/${service}/`, scheme: 'http' }),
      register(service, registration) {
        const { host, ...more } = registration
        return etcd.put(keyOf(service, registration), JSON.stringify({ address: host, ...more }))
      },
      deregister: (service, registration) => etcd.delete(keyOf(service, registration)),
      spoil: (service) => etcd.put(`/${service}/broken`, '{"address":'),
      down: () => etcd.kill(),
      up: () => etcd.restart()
    }
  })
  t.end()
})
