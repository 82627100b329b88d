import type { ConsulQuery, ConsulSettings } from '../../config/plan-discovery.ts'
import { createHttpClient, createTokenFile, type HttpClient } from '../http-client.ts'
import type { Observer, Provider, ProviderDeps, Source } from '../types.ts'
import { CheckFeed } from './check-feed.ts'
import { Turns } from './turns.ts'
import { ConsulWatcher } from './watcher.ts'

/** Connections beside those of the turns: for the feed, and for services that it names. */
const FEED = 1
const RESERVE_SHARE = 0.1

/**
 * Services of a Consul, followed with one blocking query each on `/v1/health/service/:name`
 * (developer.hashicorp.com/consul/api-docs/health, "Blocking Queries").
 */
export function createConsulProvider(settings: ConsulSettings, deps: ProviderDeps): Provider<ConsulQuery> {
  return new ConsulProvider(settings, deps)
}

class ConsulProvider implements Provider<ConsulQuery> {
  readonly #settings: ConsulSettings
  readonly #deps: ProviderDeps
  readonly #http: HttpClient
  readonly #turns: Turns
  readonly #watchers = new Map<ConsulWatcher, ConsulQuery>()
  #feed: CheckFeed | null = null

  constructor(settings: ConsulSettings, deps: ProviderDeps) {
    this.#settings = settings
    this.#deps = deps
    const tokenFile = settings.tokenFile === null ? null : createTokenFile(settings.tokenFile, deps.clock)
    const { maxConnections } = settings
    this.#http = createHttpClient({
      addresses: settings.addresses,
      tls: settings.tls,
      clock: deps.clock,
      maxConnections,
      headers() {
        const token = tokenFile?.() ?? settings.token
        return token === null ? {} : { 'x-consul-token': token }
      }
    })
    const reserve = Math.floor(maxConnections * RESERVE_SHARE)
    const limit = Math.max(1, maxConnections - reserve - FEED)
    this.#turns = new Turns({ limit, reserve, onCrowded: (isCrowded) => this.#onCrowded(isCrowded) })
  }

  watch(query: ConsulQuery, observer: Observer): Source {
    const watcher = new ConsulWatcher(this.#settings, query, observer, { http: this.#http, turns: this.#turns, deps: this.#deps })
    this.#watchers.set(watcher, query)
    return {
      refresh: () => watcher.refresh(),
      stop: () => {
        this.#watchers.delete(watcher)
        watcher.stop()
      }
    }
  }

  close(): void {
    this.#feed?.stop()
    this.#http.close()
  }

  #onCrowded(isCrowded: boolean): void {
    this.#feed?.stop()
    this.#feed = null
    if (!isCrowded) return
    this.#deps.warn?.(
      `more services are followed than discovery.consul.maxConnections (${this.#settings.maxConnections}) allows, so they take turns: ` +
        'changes that no check tells, such as weights, are seen later. Raise it together with limits.http_max_conns_per_client of the agent.'
    )
    const { datacenter, namespace, allowStale, waitMs } = this.#settings
    const scope = `${datacenter === null ? '' : `&dc=${encodeURIComponent(datacenter)}`}${namespace === null ? '' : `&ns=${encodeURIComponent(namespace)}`}${allowStale ? '&stale=' : ''}`
    this.#feed = new CheckFeed({
      http: this.#http,
      deps: this.#deps,
      waitMs,
      scope,
      onChange: (services) => {
        for (const [watcher, { service }] of this.#watchers) if (services === null || services.has(service)) watcher.askSoon()
      }
    })
  }
}
