import { durationMs } from '../plugin-api/units.ts'
import type { OutlierRule } from '../policy/health/types.ts'
import { parseEndpoint } from './address.ts'
import { compileQuery } from './compile-discovery.ts'
import { compileBreaker, compileBulkhead, unlessOff } from './compile-limits.ts'
import { compileFallback, compileHedge, compileRetry, compileTimeouts } from './compile-retry.ts'
import type { EndpointPlan, HashOnPlan, HealthCheckPlan, StickyPlan, TlsPlan, UpstreamPlan, WebSocketPlan } from './plan.ts'
import { ratioOf } from './ratio.ts'
import type { UpstreamDocument } from './schema-document.ts'

type BalancingDocument = UpstreamDocument['loadBalancing']

export function compileUpstream(name: string, upstream: UpstreamDocument, tls: TlsPlan | null, resolvePath: (path: string) => string): UpstreamPlan {
  const { loadBalancing, hostHeader } = upstream
  const endpoints = (upstream.endpoints ?? []).map(compileEndpoint)
  const discovery = upstream.discovery === undefined ? null : compileQuery(upstream.discovery, resolvePath)
  const slowStartMs = durationMs(loadBalancing.slowStart)
  // What is discovered may be weighted at any time.
  const weighted = discovery !== null || slowStartMs > 0 || endpoints.some(({ weight }) => weight !== endpoints[0]?.weight)
  return {
    name,
    endpoints,
    discovery,
    balancer: { algorithm: loadBalancing.algorithm ?? (weighted ? 'weighted-round-robin' : 'round-robin'), slowStartMs },
    hashOn: compileHashOn(loadBalancing.hashOn),
    sticky: compileSticky(loadBalancing.sticky),
    panicThreshold: ratioOf(loadBalancing.panicThreshold),
    healthCheck: compileHealthCheck(upstream.healthCheck),
    outlier: compileOutlier(upstream.outlierDetection),
    breaker: compileBreaker(upstream.circuitBreaker),
    bulkhead: compileBulkhead(upstream.bulkhead),
    retry: compileRetry(upstream.retry),
    hedge: compileHedge(upstream.hedge),
    fallback: compileFallback(upstream.fallback),
    timeouts: compileTimeouts(upstream.timeouts),
    websocket: compileWebSocket(upstream.websocket),
    tls,
    hostHeader: hostHeader === 'upstream' || hostHeader === 'preserve' ? { kind: hostHeader } : { kind: 'fixed', name: hostHeader }
  }
}

function compileWebSocket({ idle, maxAge, maxConnections }: UpstreamDocument['websocket']): WebSocketPlan {
  return { idleMs: unlessOff(idle, durationMs), maxAgeMs: unlessOff(maxAge, durationMs), maxConnections: maxConnections ?? null }
}

function compileEndpoint(endpoint: NonNullable<UpstreamDocument['endpoints']>[number]): EndpointPlan {
  const { url, weight, zone = null } = typeof endpoint === 'string' ? { url: endpoint, weight: 1 } : endpoint
  const parsed = parseEndpoint(url)
  if (!parsed.ok) throw new TypeError(`the endpoint ${url} was not validated`)
  return { origin: parsed.value, weight, zone }
}

function compileHashOn(hashOn: BalancingDocument['hashOn']): HashOnPlan {
  if (hashOn === undefined) return { kind: 'client-ip' }
  if (typeof hashOn === 'string') return { kind: hashOn }
  if ('header' in hashOn) return { kind: 'header', name: hashOn.header.toLowerCase() }
  return 'cookie' in hashOn ? { kind: 'cookie', name: hashOn.cookie } : { kind: 'param', name: hashOn.param }
}

const SAME_SITE = { lax: 'Lax', strict: 'Strict', none: 'None' } as const

function compileSticky(sticky: BalancingDocument['sticky']): StickyPlan | null {
  if (sticky === undefined) return null
  const { cookie, maxAge, sameSite, secure, path } = sticky
  return {
    cookie,
    maxAgeSeconds: maxAge === undefined ? null : Math.ceil(durationMs(maxAge) / 1000),
    sameSite: SAME_SITE[sameSite],
    secure,
    path
  }
}

function compileHealthCheck(check: UpstreamDocument['healthCheck']): HealthCheckPlan | null {
  if (check === undefined) return null
  return {
    kind: check.tcp === true ? 'tcp' : 'http',
    method: check.method,
    path: check.path ?? '/',
    statuses: check.status.map(statusRange),
    bodyIncludes: check.bodyIncludes ?? null,
    host: check.host ?? null,
    intervalMs: durationMs(check.interval),
    jitter: ratioOf(check.jitter),
    timeoutMs: durationMs(check.timeout),
    unhealthyAfter: check.unhealthyAfter,
    healthyAfter: check.healthyAfter
  }
}

/** Both ends of `204` and `200-299`, inclusive. */
export function statusRange(status: number | string): readonly [from: number, to: number] {
  const [from, to = from] = String(status).split('-').map(Number)
  return [from ?? 0, to ?? 0]
}

function compileOutlier(outlier: UpstreamDocument['outlierDetection']): OutlierRule | null {
  if (outlier === false) return null
  return {
    consecutiveFailures: unlessOff(outlier.consecutiveFailures, Number),
    failureRatio: unlessOff(outlier.failureRatio, ratioOf),
    minimumRequests: outlier.minimumRequests,
    windowMs: durationMs(outlier.window),
    ejectMs: durationMs(outlier.ejectFor),
    maxEjectMs: durationMs(outlier.maxEjectFor),
    maxEjectedRatio: ratioOf(outlier.maxEjected)
  }
}
