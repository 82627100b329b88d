import type { ConsulQuery, ConsulSettings } from '../../src/config/plan-discovery.ts'
import type { Registration } from './contract.ts'

export function consulSettings(address: string, more: Partial<ConsulSettings> = {}): ConsulSettings {
  return {
    addresses: [address],
    token: null,
    tokenFile: null,
    datacenter: null,
    namespace: null,
    tls: null,
    waitMs: 55_000,
    allowStale: false,
    maxConnections: 160,
    ...more
  }
}

export function consulQuery(service: string, more: Partial<ConsulQuery> = {}): ConsulQuery {
  return { service, tags: [], datacenter: null, namespace: null, scheme: 'http', includeWarning: false, ...more }
}

export interface RegisterOptions {
  readonly meta?: Readonly<Record<string, string>>
  readonly tags?: readonly string[]
  /** Registers a TTL check with that state. */
  readonly check?: 'passing' | 'warning' | 'critical'
  readonly warningWeight?: number
}

/** Registers an instance at an agent, as a service does by itself. */
export function register(
  agent: { put(path: string, body?: unknown): Promise<unknown> },
  service: string,
  id: string,
  { host, port, weight = 1, zone }: Registration,
  { meta = {}, tags = [], check, warningWeight = 1 }: RegisterOptions = {}
): Promise<unknown> {
  return agent.put('/v1/agent/service/register', {
    ID: id,
    Name: service,
    Address: host,
    Port: port,
    Tags: tags,
    Weights: { Passing: weight, Warning: warningWeight },
    Meta: { ...meta, ...(zone === undefined ? {} : { zone }) },
    ...(check === undefined ? {} : { Check: { CheckID: `${id}-check`, TTL: '10m', Status: check } })
  })
}
