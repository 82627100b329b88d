export type Status = 'passing' | 'warning' | 'critical'

export const STATUSES: readonly Status[] = ['passing', 'warning', 'critical']

export interface TaggedAddress {
  readonly address: string
  readonly port: number
}

/** What a service says of itself. */
export interface ServiceDefinition {
  readonly id: string
  readonly name: string
  readonly tags: readonly string[]
  readonly address: string
  readonly taggedAddresses: Readonly<Record<string, TaggedAddress>>
  readonly port: number
  readonly meta: Readonly<Record<string, string>>
  readonly weights: { readonly passing: number; readonly warning: number }
  readonly enableTagOverride: boolean
}

export interface HttpProbe {
  readonly type: 'http'
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly body: string
  readonly verifyTls: boolean
  readonly intervalMs: number
  readonly timeoutMs: number
}

export interface TcpProbe {
  readonly type: 'tcp'
  /** `host:port` */
  readonly address: string
  readonly intervalMs: number
  readonly timeoutMs: number
}

/** How the state of a check is found out: the service tells it in time, the registry asks, or it stays as it is. */
export type Probe = HttpProbe | TcpProbe | { readonly type: 'ttl'; readonly ttlMs: number } | { readonly type: 'maintenance' }

export interface CheckDefinition {
  readonly id: string
  readonly name: string
  readonly notes: string
  /** State until it is known better. */
  readonly status: Status
  readonly probe: Probe
  /** The service is removed when the check has been critical for so long; null for never. */
  readonly deregisterAfterMs: number | null
}

export interface Registration {
  readonly service: ServiceDefinition
  readonly checks: readonly CheckDefinition[]
  /** Whether checks of the service that are not among `checks` are removed. */
  readonly replaceChecks: boolean
}

export interface ServiceEntry {
  readonly definition: ServiceDefinition
  readonly createIndex: number
  readonly modifyIndex: number
}

export interface CheckEntry {
  readonly definition: CheckDefinition
  readonly serviceId: string
  readonly serviceName: string
  readonly serviceTags: readonly string[]
  readonly status: Status
  /** The last output. */
  readonly output: string
  /** The output when the state changed last, which is what the catalogue tells: output alone wakes nobody. */
  readonly settledOutput: string
  /** When a TTL check turns critical; monotonic ms. */
  readonly expiresAt: number | null
  readonly criticalSince: number | null
  readonly createIndex: number
  readonly modifyIndex: number
}

/** What an operation has changed. */
export interface Change {
  /** The modify index it was given; null when nothing that is watched has changed. */
  readonly index: number | null
  /** Names of the services whose index moved. */
  readonly services: readonly string[]
  /** Checks that have another probe than before. */
  readonly started: readonly CheckEntry[]
  /** Ids of checks that have gone, or are about to be started anew. */
  readonly stopped: readonly string[]
}
