import type { ConsulQuery, ConsulSettings } from '../../config/plan-discovery.ts'
import { createHttpClient, createTokenFile } from '../http-client.ts'
import type { Provider, ProviderDeps } from '../types.ts'
import { Turns } from './turns.ts'
import { ConsulWatcher } from './watcher.ts'

/**
 * Services of a Consul, followed with one blocking query each on `/v1/health/service/:name`
 * (developer.hashicorp.com/consul/api-docs/health, "Blocking Queries").
 */
export function createConsulProvider(settings: ConsulSettings, deps: ProviderDeps): Provider<ConsulQuery> {
  const tokenFile = settings.tokenFile === null ? null : createTokenFile(settings.tokenFile, deps.clock)
  const http = createHttpClient({
    addresses: settings.addresses,
    tls: settings.tls,
    clock: deps.clock,
    maxConnections: settings.maxConnections,
    headers() {
      const token = tokenFile?.() ?? settings.token
      return token === null ? {} : { 'x-consul-token': token }
    }
  })
  const turns = new Turns(settings.maxConnections, () => {
    deps.warn?.(
      `more services are followed than discovery.consul.maxConnections (${settings.maxConnections}) allows: they take turns, and changes are seen later. ` +
        'Raise it together with limits.http_max_conns_per_client of the agent.'
    )
  })
  return {
    watch: (query, observer) => new ConsulWatcher(settings, query, observer, { http, turns, deps }),
    close: () => http.close()
  }
}
