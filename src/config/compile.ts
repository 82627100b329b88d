import { durationMs, sizeBytes } from '../plugin-api/units.ts'
import { formatAddress, parseAddress } from './address.ts'
import { canonicalJson, deepFreeze, sha256 } from './canonical.ts'
import { Chains } from './chain.ts'
import { compileBreaker, compileBulkhead, compileOverload } from './compile-limits.ts'
import { compileClientTimeouts, compileRequestBuffer } from './compile-slow-clients.ts'
import { compileDiscovery } from './compile-discovery.ts'
import { compileRedis } from './compile-redis.ts'
import { compileUpstream } from './compile-upstream.ts'
import type { ConsumerEntry } from '../plugin-api/index.ts'
import type { AddressPlan, AuthenticationPlan, ListenerPlan, ListenerTlsPlan, Plan, RoutePlan } from './plan.ts'
import { redact } from './redact.ts'
import { toRouteMatch } from './route-match.ts'
import { toRewritePlan } from './route-rewrite.ts'
import type { GatewayDocument } from './schema-document.ts'
import type { ValidConfig } from './validate.ts'

/** Turns a right document into a plan: nothing left to look up or to parse, and nothing that can change. */
export function compile(config: ValidConfig, resolvePath: (path: string) => string): Plan {
  const { document, plugins, providers } = config
  const { limits, clientTimeouts, shutdown, telemetry, admin, trustedProxies } = document
  const chains = new Chains(plugins)
  const routes = compileRoutes(config, chains)
  const plan: Plan = {
    hash: hashOf(config, routes, chains),
    listeners: document.listeners.map((listener, index) => compileListener(listener, config.listenerTls.get(index) ?? null)),
    admin: admin === false ? null : addressOf(admin.address),
    trustedProxies,
    workers: document.workers,
    limits: {
      maxHeaderBytes: sizeBytes(limits.headers),
      maxHeaderCount: limits.headerCount,
      maxUrlBytes: sizeBytes(limits.url),
      maxBodyBytes: sizeBytes(limits.body),
      maxStreams: limits.streams,
      maxConnections: limits.connections ?? null,
      maxConnectionsPerIp: limits.connectionsPerIp ?? null
    },
    clientTimeouts: compileClientTimeouts(clientTimeouts),
    shutdown: { delayMs: durationMs(shutdown.delay), drainMs: durationMs(shutdown.drain) },
    log: telemetry.log,
    zone: document.zone === undefined || document.zone === '' ? null : document.zone,
    overload: compileOverload(document.overload),
    providers,
    discovery: compileDiscovery(document.discovery, config.discoveryTls, resolvePath),
    redis: compileRedis(document.redis, config.redisTls),
    upstreams: Object.entries(document.upstreams).map(([name, upstream]) =>
      compileUpstream(name, upstream, config.tls.get(name) ?? null, resolvePath)
    ),
    consumers: document.consumers.map(compileConsumer),
    routes,
    unmatched: { plugins: chains.unmatched, authentication: compileAuthentication(document.authentication) },
    redacted: redact(document, config.hidden)
  }
  return deepFreeze(plan, new Set(plugins.map(({ plugin }) => plugin?.definition)))
}

function compileRoutes({ document }: ValidConfig, chains: Chains): readonly RoutePlan[] {
  return document.routes.map((route, index) => {
    const match = toRouteMatch(route, index)
    if (match === null) throw new TypeError(`routes[${index}] was not validated`)
    const { upstream, rewrite, allowEncodedSlash, bufferRequestBody } = route
    return {
      match,
      upstream,
      rewrite: toRewritePlan(rewrite),
      breaker: compileBreaker(route.circuitBreaker),
      bulkhead: compileBulkhead(route.bulkhead),
      allowEncodedSlash,
      bufferBytes: compileRequestBuffer(bufferRequestBody ?? document.upstreams[upstream]?.bufferRequestBody),
      authentication: compileAuthentication(route.authentication ?? document.authentication),
      plugins: chains.ofRoute(index, upstream)
    }
  })
}

type AuthenticationDocument = GatewayDocument['authentication']

function compileAuthentication(authentication: AuthenticationDocument): AuthenticationPlan {
  return { require: authentication?.require ?? 'all', anonymous: authentication?.anonymous ?? null }
}

function compileConsumer({ hmacKeys, subjects, ...rest }: GatewayDocument['consumers'][number]): ConsumerEntry {
  return {
    ...rest,
    hmacKeys: hmacKeys.map(({ id, secret = null, publicKey = null }) => ({ id, secret, publicKey })),
    subjects: subjects.map(({ issuer = null, subject }) => ({ issuer, subject }))
  }
}

function compileListener({ address, http2 }: GatewayDocument['listeners'][number], tls: ListenerTlsPlan | null): ListenerPlan {
  const parsed = addressOf(address)
  return { ...parsed, name: formatAddress(parsed), tls, http2: tls !== null && http2 !== false }
}

function addressOf(text: string): AddressPlan {
  const parsed = parseAddress(text)
  if (!parsed.ok) throw new TypeError(`the address ${text} was not validated`)
  return parsed.value
}

/**
 * Over everything that decides how the gateway behaves. The order of keys does not count, except where it orders plugins:
 * hence the chains. Plugins count by the identity of their module, files by their content.
 */
function hashOf(config: ValidConfig, routes: readonly RoutePlan[], chains: Chains): string {
  const document: GatewayDocument = config.document
  return sha256(
    canonicalJson({
      document,
      chains: routes.map((route) => route.plugins.map(({ where }) => where)),
      unmatched: chains.unmatched.map(({ where }) => where),
      modules: config.plugins
        .flatMap(({ path, plugin }) => (plugin === null ? [] : [[path, plugin.identity]]))
        .map(canonicalJson)
        .sort(),
      tls: Object.fromEntries(config.tls),
      discoveryTls: Object.fromEntries(config.discoveryTls),
      redisTls: config.redisTls,
      listenerTls: Object.fromEntries(config.listenerTls)
    })
  )
}
