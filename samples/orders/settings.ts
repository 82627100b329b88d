import { defaultPorts } from '../kit/default-ports.ts'
import { baseUrl, type Environment, integer } from '../kit/environment.ts'

/** The base URLs of the services that an order needs. */
export interface DependencyUrls {
  users: string
  products: string
  inventory: string
  payments: string
  notifications: string
}

export interface OrdersSettings {
  urls: DependencyUrls
  /** How long one call to another service may take. */
  dependencyTimeoutMs: number
  /** How often unfinished work is looked for. */
  recoverEveryMs: number
}

/** Throws a SettingError for a value that cannot be used. */
export function parseOrdersSettings(env: Environment): OrdersSettings {
  const url = (name: keyof DependencyUrls): string => baseUrl(env, `${name.toUpperCase()}_URL`, `http://127.0.0.1:${defaultPorts[name]}`)
  return {
    urls: {
      users: url('users'),
      products: url('products'),
      inventory: url('inventory'),
      payments: url('payments'),
      notifications: url('notifications')
    },
    dependencyTimeoutMs: integer(env, 'DEPENDENCY_TIMEOUT_MS', { fallback: 2_000, minimum: 1, maximum: 60_000 }),
    recoverEveryMs: integer(env, 'RECOVER_EVERY_MS', { fallback: 5_000, minimum: 100, maximum: 3_600_000 })
  }
}
