import { baseUrl, type Environment, integer, text } from './environment.ts'

/** Where a service registers itself, and what it says of itself there. */
export interface RegistrySettings {
  /** Base URL of a registry that speaks Consul's HTTP API. */
  url: string
  token: string | null
  /** Share of the requests that it wants, compared to the other replicas. */
  weight: number
  zone: string | null
  /** Where others reach it; null: where it listens. */
  advertiseAddress: string | null
  /** How long it goes on after it has deregistered, so that gateways notice. */
  deregisterDelayMs: number
}

const addressVariable = 'CONSUL_HTTP_ADDR'

/** Null without `CONSUL_HTTP_ADDR`, which is `host:port` or a URL. Throws a SettingError for a value that cannot be used. */
export function parseRegistrySettings(env: Environment): RegistrySettings | null {
  const address = text(env, addressVariable, '')
  if (address === '') return null
  return {
    url: baseUrl({ [addressVariable]: address.includes('://') ? address : `http://${address}` }, addressVariable, ''),
    token: text(env, 'CONSUL_HTTP_TOKEN', '') || null,
    weight: integer(env, 'WEIGHT', { fallback: 1, minimum: 1, maximum: 65_535 }),
    zone: text(env, 'ZONE', '') || null,
    advertiseAddress: text(env, 'ADVERTISE_ADDRESS', '') || null,
    // Well within the time that a service may take to stop.
    deregisterDelayMs: integer(env, 'DEREGISTER_DELAY_MS', { fallback: 0, minimum: 0, maximum: 10_000 })
  }
}
