import t from 'tap'
import type { ZookeeperQuery } from '../../src/config/plan-discovery.ts'
import { createZookeeperProvider } from '../../src/discovery/zookeeper/provider.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { write } from '../support/zookeeper-writer.ts'
import { startZookeeper, zookeeperMissing } from '../support/zookeeper.ts'
import { discoveryContract, type Harness, type Registration } from './contract.ts'
import { serviceInstance } from './zookeeper-kit.ts'

t.test('ZooKeeper passes the discovery contract', { skip: zookeeperMissing() }, (t) => {
  discoveryContract(t, async (t): Promise<Harness<ZookeeperQuery>> => {
    const zookeeper = await startZookeeper(t)
    const settings = { addresses: [zookeeper.address], basePath: '/services', sessionTimeoutMs: 10_000 }
    const pathOf = (service: string, { port }: Registration) => `/services/${service}/${port}`
    return {
      provider: createZookeeperProvider(settings, { clock: systemClock, random: createSystemRandom() }),
      query: (service) => ({ service, scheme: 'http' }),
      register(service, registration) {
        const { host: address, port, ...attributes } = registration
        const data = serviceInstance(port, { name: service, address, payload: { metadata: attributes } })
        return write(zookeeper.port, (writer) => writer.put(pathOf(service, registration), data))
      },
      deregister: (service, registration) => write(zookeeper.port, (writer) => writer.delete(pathOf(service, registration))),
      spoil: (service) => write(zookeeper.port, (writer) => writer.put(`/services/${service}/broken`, 'no JSON')),
      down: () => zookeeper.kill(),
      up: () => zookeeper.restart()
    }
  })
  t.end()
})
