import type { ConsulQuery, ConsulSettings } from '../../src/config/plan-discovery.ts'
import { createConsulProvider } from '../../src/discovery/consul/provider.ts'
import { systemClock } from '../../src/system/clock.ts'
import { createSystemRandom } from '../../src/system/random.ts'
import type { Harness, Registration } from './contract.ts'

/** What the contract suite needs of a Consul, or of what speaks like one. */
export interface Agent {
  readonly url: string
  put(path: string, body?: unknown): Promise<unknown>
  kill(): Promise<void>
  /** Starts again at the same address with nothing in memory. */
  restart(): Promise<void>
}

export function consulHarness(agent: Agent): Harness<ConsulQuery> {
  const known = new Map<string, () => Promise<unknown>>()
  const idOf = (service: string, { port }: Registration) => `${service}-${port}`
  return {
    provider: createConsulProvider(consulSettings(agent.url), { clock: systemClock, random: createSystemRandom() }),
    query: (service) => consulQuery(service),
    register(service, registration) {
      const put = () => register(agent, service, idOf(service, registration), registration)
      known.set(idOf(service, registration), put)
      return put()
    },
    deregister(service, registration) {
      known.delete(idOf(service, registration))
      return agent.put(`/v1/agent/service/deregister/${idOf(service, registration)}`)
    },
    // Consul takes any scheme for what it does not know the meaning of.
    spoil: (service) => register(agent, service, `${service}-broken`, { host: '127.0.0.1', port: 8009 }, { meta: { scheme: 'gopher' } }),
    down: () => agent.kill(),
    async up() {
      await agent.restart()
      for (const put of known.values()) await put()
    }
  }
}

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
