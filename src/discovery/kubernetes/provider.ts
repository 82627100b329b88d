import type { KubernetesQuery, KubernetesSettings } from '../../config/plan-discovery.ts'
import type { Provider, ProviderDeps } from '../types.ts'
import { KubernetesApi } from './api.ts'
import { SliceWatch } from './slice-watch.ts'

/**
 * Services of a Kubernetes cluster, followed with one watch each on their EndpointSlices, `discovery.k8s.io/v1`
 * (kubernetes.io/docs/concepts/services-networking/endpoint-slices).
 */
export function createKubernetesProvider(settings: KubernetesSettings, deps: ProviderDeps): Provider<KubernetesQuery> {
  const api = new KubernetesApi(settings, deps.clock)
  return {
    watch: (query, observer) => new SliceWatch(api, query, observer, deps),
    close: () => api.close()
  }
}
