import { createHash } from 'node:crypto'
import type { DiscoveryPlan, ProviderKind, ServiceQuery } from '../config/plan-discovery.ts'
import type { Clock, Random } from '../plugin-api/index.ts'
import type { MembershipRule } from '../policy/membership/types.ts'
import type { DiscoveryEvent, ServiceName } from './events.ts'
import { KnownInstances } from './known-instances.ts'
import { ServiceWatch } from './service-watch.ts'
import type { Observer, Provider, ProviderDeps, Source } from './types.ts'

/** The part of a lease on long-lived state that discovery needs. */
export interface StateHolder {
  take<T>(key: string, make: () => T, dispose?: (value: T) => void): T
}

export interface DiscoveryOptions {
  readonly clock: Clock
  readonly random: Random
  readonly onEvent: (name: ServiceName, event: DiscoveryEvent) => void
  readonly onTrouble: (message: string, error: unknown) => void
  readonly warn: (message: string) => void
}

/** Follows services for the upstreams of one configuration. */
export type Discover = (query: ServiceQuery, state: StateHolder) => ServiceWatch

export interface Discovery {
  /** Loads the providers that a configuration needs. `apply` makes its rules and its file count, at the moment of the swap. */
  prepare(plan: DiscoveryPlan, queries: readonly ServiceQuery[]): Promise<{ readonly discover: Discover; apply(): void }>
  /** Resolves when what is known has been written. */
  close(): Promise<void>
}

/** A later answer must confirm that most endpoints are gone; this is when it is asked for. */
const CONFIRM_MS = 1000

type Factory = (plan: DiscoveryPlan, deps: ProviderDeps) => Provider<never>

/** A provider's code, and the client it brings, is loaded when some upstream asks for it. */
const LOADERS: Readonly<Record<ProviderKind, () => Promise<Factory>>> = {
  async consul() {
    const { createConsulProvider } = await import('./consul/provider.ts')
    return (plan, deps) => createConsulProvider(plan.consul, deps)
  },
  async file() {
    const { createFileProvider } = await import('./file/provider.ts')
    return (_plan, deps) => createFileProvider(deps)
  },
  async dns() {
    const { createDnsProvider } = await import('./dns/provider.ts')
    return (plan, deps) => createDnsProvider(plan.dns, deps)
  },
  async kubernetes() {
    const { createKubernetesProvider } = await import('./kubernetes/provider.ts')
    return (plan, deps) => createKubernetesProvider(plan.kubernetes, deps)
  },
  async etcd() {
    const { createEtcdProvider } = await import('./etcd/provider.ts')
    return (plan, deps) => createEtcdProvider(configured(plan.etcd, 'etcd'), deps)
  },
  async zookeeper() {
    const { createZookeeperProvider } = await import('./zookeeper/provider.ts')
    return (plan, deps) => createZookeeperProvider(configured(plan.zookeeper, 'zookeeper'), deps)
  },
  async eureka() {
    const { createEurekaProvider } = await import('./eureka/provider.ts')
    return (plan, deps) => createEurekaProvider(configured(plan.eureka, 'eureka'), deps)
  }
}

export function createDiscovery(options: DiscoveryOptions): Discovery {
  const known = new KnownInstances(options.clock, options.onTrouble)
  let fileRead = false

  return {
    async prepare(plan, queries) {
      const kinds = [...new Set(queries.map(({ kind }) => kind))]
      const factories = new Map(await Promise.all(kinds.map(async (kind) => [kind, await LOADERS[kind]()] as const)))
      // The first configuration begins with what the file has; later ones with what this process knows.
      if (!fileRead) known.useFile(plan.snapshotFile)
      fileRead = true
      const rule = ruleOf(plan)
      const used: ServiceWatch[] = []
      return {
        discover(query, state) {
          const settings = settingsOf(plan, query.kind)
          const provider = state.take<Provider<never>>(
            `provider:${query.kind}:${digest(settings)}`,
            () => (factories.get(query.kind) as Factory)(plan, options),
            (old) => old.close()
          )
          const watch = state.take<ServiceWatch>(
            `discovery:${query.kind}:${digest([settings, query])}`,
            () => startWatch(query, rule, provider),
            (old) => old.stop()
          )
          used.push(watch)
          return watch
        },
        apply() {
          known.useFile(plan.snapshotFile)
          for (const watch of used) watch.configure(rule)
        }
      }
    },
    close: () => known.flush()
  }

  function startWatch(query: ServiceQuery, rule: MembershipRule, provider: Provider<never>): ServiceWatch {
    const key = canonical(query)
    const name = { provider: query.kind, service: labelOf(query) }
    const before = known.get(key)
    return new ServiceWatch({
      name,
      rule,
      clock: options.clock,
      known: before === null || before.instances.length === 0 ? null : before,
      start: (observer) => watchWith(provider, query, observer),
      onEvent: (event) => options.onEvent(name, event),
      onInstances: (instances) => known.set(key, instances)
    })
  }
}

/** The query is of the provider's kind: both come from the same entry of `LOADERS`. */
function watchWith(provider: Provider<never>, query: ServiceQuery, observer: Observer): Source {
  return provider.watch(query as never, observer)
}

function ruleOf(plan: DiscoveryPlan): MembershipRule {
  return { emptyGraceMs: plan.emptyGraceMs, massRemovalRatio: plan.massRemovalRatio, confirmMs: CONFIRM_MS }
}

function settingsOf(plan: DiscoveryPlan, kind: ProviderKind): unknown {
  return kind === 'file' ? null : plan[kind]
}

function configured<T>(settings: T | null, kind: string): T {
  if (settings === null) throw new TypeError(`discovery.${kind} was not validated`)
  return settings
}

/** How a service is called in logs, metrics and the admin API. */
export function labelOf(query: ServiceQuery): string {
  switch (query.kind) {
    case 'consul': {
      const tags = query.tags.length === 0 ? '' : `[${query.tags.join(',')}]`
      return `${query.service}${tags}${query.datacenter === null ? '' : `@${query.datacenter}`}`
    }
    case 'file':
      return query.path
    case 'dns':
      return query.type === 'srv' ? query.name : `${query.name}:${query.port}`
    case 'kubernetes':
      return `${query.namespace === null ? '' : `${query.namespace}/`}${query.service}${query.port === null ? '' : `:${query.port}`}`
    case 'etcd':
      return query.prefix
    case 'zookeeper':
      return query.service
    case 'eureka':
      return query.app
  }
}

function canonical(query: ServiceQuery): string {
  return JSON.stringify(Object.entries(query).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 16)
}
