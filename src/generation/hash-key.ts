import type { HashOnPlan } from '../config/plan.ts'
import type { Exchange } from '../proxy/exchange.ts'
import { cookieValue } from '../proxy/header-fields.ts'

/** Reads what `consistent-hash` hashes of a request; null when the request has no such value. */
export function createHashKey(plan: HashOnPlan): (exchange: Exchange) => string | null {
  switch (plan.kind) {
    case 'client-ip':
      return (exchange) => exchange.clientIp
    case 'consumer':
      return (exchange) => exchange.consumer?.name ?? null
    case 'header':
      return (exchange) => exchange.header(plan.name) ?? null
    case 'cookie':
      return (exchange) => cookieValue(exchange.raw.headers.cookie, plan.name)
    case 'param':
      return (exchange) => exchange.params[plan.name] ?? null
  }
}
