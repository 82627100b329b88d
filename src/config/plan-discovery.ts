import type { TlsPlan } from './plan.ts'

/** Where endpoints are looked up, and how far what is found there is trusted. */
export interface DiscoveryPlan {
  /** How long an answer without any instance must last before it is believed. */
  readonly emptyGraceMs: number
  /** Share of an upstream's endpoints, 0 to 1; when more than that is gone at once, a second answer must say so too. */
  readonly massRemovalRatio: number
  /** A file in which the latest answers are kept for the next start; null for none. Absolute. */
  readonly snapshotFile: string | null
  readonly consul: ConsulSettings
  readonly dns: DnsSettings
  readonly kubernetes: KubernetesSettings
  readonly etcd: EtcdSettings | null
  readonly zookeeper: ZookeeperSettings | null
  readonly eureka: EurekaSettings | null
}

/** What one upstream asks for; `kind` names the provider. */
export type ServiceQuery =
  | ({ readonly kind: 'consul' } & ConsulQuery)
  | ({ readonly kind: 'file' } & FileQuery)
  | ({ readonly kind: 'dns' } & DnsQuery)
  | ({ readonly kind: 'kubernetes' } & KubernetesQuery)
  | ({ readonly kind: 'etcd' } & EtcdQuery)
  | ({ readonly kind: 'zookeeper' } & ZookeeperQuery)
  | ({ readonly kind: 'eureka' } & EurekaQuery)

export type ProviderKind = ServiceQuery['kind']

export type Scheme = 'http' | 'https'

export interface ConsulSettings {
  /** Origins of agents, tried in turn: the one that answers is kept. */
  readonly addresses: readonly string[]
  readonly token: string | null
  /** Read again when it changes. */
  readonly tokenFile: string | null
  readonly datacenter: string | null
  readonly namespace: string | null
  readonly tls: TlsPlan | null
  /** How long one blocking query may take. */
  readonly waitMs: number
  /** Whether a server that is not the leader may answer. */
  readonly allowStale: boolean
  /** Blocking queries at a time to one agent, which by default refuses more than 200 connections of one client. */
  readonly maxConnections: number
}

export interface ConsulQuery {
  readonly service: string
  /** An instance must have all of them. */
  readonly tags: readonly string[]
  readonly datacenter: string | null
  readonly namespace: string | null
  /** Where `Service.Meta.scheme` says nothing. */
  readonly scheme: Scheme
  /** Whether instances with a check in the state `warning` are used, with `Weights.Warning`. */
  readonly includeWarning: boolean
}

export interface FileQuery {
  /** Absolute. YAML or JSON: a list as under `endpoints`, or a map with such a list under `endpoints`. */
  readonly path: string
}

export interface DnsSettings {
  /** `host:port`; empty for those of the system. */
  readonly servers: readonly string[]
  /** Bounds of the time between two questions, whatever the records say. */
  readonly minTtlMs: number
  readonly maxTtlMs: number
  readonly timeoutMs: number
}

export interface DnsQuery {
  /** Asked for as it is: no search domains. */
  readonly name: string
  /** `a` asks for A and AAAA. */
  readonly type: 'a' | 'srv'
  /** For `a`. */
  readonly port: number
  readonly scheme: Scheme
}

export interface KubernetesSettings {
  /** Origin of the API server; null for that of the pod's environment. */
  readonly apiServer: string | null
  /** Read again when it changes; service account tokens rotate. */
  readonly tokenFile: string
  readonly caFile: string
  /** For queries that name none; null for the one of the service account. */
  readonly namespace: string | null
  readonly namespaceFile: string
}

export interface KubernetesQuery {
  readonly service: string
  readonly namespace: string | null
  /** Name or number of the port; null when there is only one. */
  readonly port: string | number | null
  readonly scheme: Scheme
}

export interface EtcdSettings {
  readonly addresses: readonly string[]
  readonly username: string | null
  readonly password: string | null
  readonly tls: TlsPlan | null
}

export interface EtcdQuery {
  /** Every key that begins with it is one instance. */
  readonly prefix: string
  readonly scheme: Scheme
}

export interface ZookeeperSettings {
  /** `host:port` of each server. */
  readonly addresses: readonly string[]
  /** Where Curator keeps its services, such as `/services`. */
  readonly basePath: string
  readonly sessionTimeoutMs: number
}

export interface ZookeeperQuery {
  readonly service: string
  readonly scheme: Scheme
}

export interface EurekaSettings {
  /** Base urls, path included, such as `http://eureka:8761/eureka`. */
  readonly addresses: readonly string[]
  readonly username: string | null
  readonly password: string | null
  readonly tls: TlsPlan | null
  /** Between two deltas. */
  readonly intervalMs: number
}

export interface EurekaQuery {
  readonly app: string
  /** `https` uses the secure port. */
  readonly scheme: Scheme
}
