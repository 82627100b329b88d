import type { Test } from 'tap'
import type { ZookeeperSettings } from '../../src/config/plan-discovery.ts'
import { createZookeeperProvider } from '../../src/discovery/zookeeper/provider.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { Recorder } from './contract.ts'

/** Follows the children of `/services/orders` until the test ends. */
export function watchOrders(t: Test, address: string, more: Partial<ZookeeperSettings> = {}): Recorder {
  const settings = { addresses: [address], basePath: '/services', sessionTimeoutMs: 10_000, ...more }
  const provider = createZookeeperProvider(settings, { clock: systemClock, random: createSystemRandom() })
  const watched = new Recorder()
  const source = provider.watch({ service: 'orders', scheme: 'http' }, watched)
  t.teardown(() => {
    source.stop()
    provider.close()
  })
  return watched
}

/** What Curator writes for an instance. */
export function serviceInstance(port: number, more: object = {}): string {
  return JSON.stringify({
    name: 'orders',
    id: String(port),
    address: '127.0.0.1',
    port,
    sslPort: null,
    payload: null,
    registrationTimeUTC: 1_700_000_000_000,
    serviceType: 'DYNAMIC',
    uriSpec: null,
    enabled: true,
    ...more
  })
}
