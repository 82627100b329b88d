import type { ZookeeperQuery, ZookeeperSettings } from '../../config/plan-discovery.ts'
import type { Provider, ProviderDeps } from '../types.ts'
import { ZookeeperClient } from './client.ts'
import { ServiceWatcher } from './service-watcher.ts'

/**
 * Services that Curator's service discovery keeps in ZooKeeper: each instance a node below `<basePath>/<service>`. All share one session.
 * @throws Error for an address that is none
 */
export function createZookeeperProvider(settings: ZookeeperSettings, deps: ProviderDeps): Provider<ZookeeperQuery> {
  const client = new ZookeeperClient(settings, deps)
  return {
    watch: (query, observer) => new ServiceWatcher(query, observer, { basePath: settings.basePath, client, deps }),
    close: () => client.close()
  }
}
