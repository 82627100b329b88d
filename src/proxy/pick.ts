import type { Exchange } from './exchange.ts'
import { cookieValue } from './header-fields.ts'
import type { Endpoint } from './ports.ts'
import type { UpstreamRuntime } from './route-runtime.ts'

/**
 * The endpoint for one attempt: one that waits for a probe, the one that the client's cookie names, or what the balancer says. Endpoints
 * that were tried already are left to the last.
 * @param tried Endpoints of earlier attempts; null for the first.
 */
export function pickEndpoint(exchange: Exchange, upstream: UpstreamRuntime, tried: readonly Endpoint[] | null, now: number): Endpoint | null {
  const usable = upstream.endpoints.usable(now)
  const sticky = tried === null && upstream.sticky !== null ? stickyEndpoint(exchange, upstream.sticky.cookie, usable) : null
  if (sticky !== null) return sticky
  if (upstream.hashKey !== null) exchange.hashKey = upstream.hashKey(exchange)
  if (tried === null) return upstream.balancer.pick(usable, exchange, now)
  const untried = usable.filter((endpoint) => !tried.includes(endpoint))
  return upstream.balancer.pick(untried.length > 0 ? untried : usable, exchange, now)
}

function stickyEndpoint(exchange: Exchange, cookie: string, usable: readonly Endpoint[]): Endpoint | null {
  const id = cookieValue(exchange.raw.headers.cookie, cookie)
  if (id === null) return null
  for (const endpoint of usable) if (endpoint.stickyId === id) return endpoint
  return null
}

/** Has the client's next requests come to the same endpoint, unless it knows already. */
export function rememberEndpoint(exchange: Exchange, upstream: UpstreamRuntime, endpoint: Endpoint): void {
  const rule = upstream.sticky
  if (rule === null || cookieValue(exchange.raw.headers.cookie, rule.cookie) === endpoint.stickyId) return
  exchange.setCookie = `${rule.cookie}=${endpoint.stickyId}${rule.attributes}`
}
