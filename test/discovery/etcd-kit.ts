import type { Test } from 'tap'
import type { EtcdSettings } from '../../src/config/plan-discovery.ts'
import { createEtcdProvider } from '../../src/discovery/etcd/provider.ts'
import type { Clock } from '../../src/plugin-api/index.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import { Recorder } from './contract.ts'

export interface WatchedPrefix {
  readonly watched: Recorder
  readonly refresh: () => void
}

/** Follows the keys below `/orders/` of an etcd until the test ends. */
export function watchOrders(t: Test, address: string, more: Partial<EtcdSettings> = {}, clock: Clock = systemClock): WatchedPrefix {
  const settings = { addresses: [address], username: null, password: null, tls: null, ...more }
  const provider = createEtcdProvider(settings, { clock, random: createSystemRandom() })
  const watched = new Recorder()
  const source = provider.watch({ prefix: '/orders/', scheme: 'http' }, watched)
  t.teardown(() => {
    source.stop()
    provider.close()
  })
  return { watched, refresh: () => source.refresh() }
}
