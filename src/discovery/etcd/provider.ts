import type { EtcdQuery, EtcdSettings } from '../../config/plan-discovery.ts'
import type { Provider, ProviderDeps } from '../types.ts'
import { ClusterMemory } from './cluster-memory.ts'
import { EtcdGateway } from './gateway.ts'
import { EtcdWatcher } from './watcher.ts'

/** Services of an etcd v3 cluster, each the keys below a prefix, over the JSON gateway that every member has. */
export function createEtcdProvider(settings: EtcdSettings, deps: ProviderDeps): Provider<EtcdQuery> {
  const gateway = new EtcdGateway(settings, deps.clock)
  const memory = new ClusterMemory()
  return {
    watch: (query, observer) => new EtcdWatcher(query, observer, { gateway, memory, deps }),
    close: () => gateway.close()
  }
}
