import { durationMs, sizeBytes } from '../plugin-api/units.ts'
import { formatAddress, parseAddress, parseEndpoint } from './address.ts'
import { canonicalJson, deepFreeze, sha256 } from './canonical.ts'
import { mergeChain } from './chain.ts'
import type { AddressPlan, EndpointPlan, ListenerPlan, Plan, RoutePlan, TlsPlan, UpstreamPlan } from './plan.ts'
import { redact } from './redact.ts'
import { toRouteMatch } from './route-match.ts'
import { toRewritePlan } from './route-rewrite.ts'
import type { GatewayDocument, UpstreamDocument } from './schema-document.ts'
import type { ValidConfig } from './validate.ts'

/** Turns a right document into a plan: nothing left to look up or to parse, and nothing that can change. */
export function compile(config: ValidConfig): Plan {
  const { document, plugins, providers } = config
  const { limits, clientTimeouts, shutdown, telemetry, admin, trustedProxies } = document
  const globals = plugins.filter(({ scope }) => scope === 'global')
  const routes = compileRoutes(config)
  const plan: Plan = {
    hash: hashOf(config, routes),
    listeners: document.listeners.map(({ address }) => compileListener(address)),
    admin: admin === false ? null : addressOf(admin.address),
    trustedProxies,
    limits: {
      maxHeaderBytes: sizeBytes(limits.headers),
      maxHeaderCount: limits.headerCount,
      maxUrlBytes: sizeBytes(limits.url),
      maxBodyBytes: sizeBytes(limits.body)
    },
    clientTimeouts: {
      headersMs: durationMs(clientTimeouts.headers),
      bodyIdleMs: durationMs(clientTimeouts.bodyIdle),
      keepAliveMs: durationMs(clientTimeouts.keepAlive)
    },
    shutdown: { delayMs: durationMs(shutdown.delay), drainMs: durationMs(shutdown.drain) },
    log: telemetry.log,
    providers,
    upstreams: Object.entries(document.upstreams).map(([name, upstream]) => compileUpstream(name, upstream, config.tls.get(name) ?? null)),
    routes,
    unmatched: { plugins: mergeChain(globals) },
    redacted: redact(document, config.hidden)
  }
  return deepFreeze(plan, new Set(plugins.map(({ plugin }) => plugin?.definition)))
}

function compileRoutes({ document, plugins }: ValidConfig): readonly RoutePlan[] {
  return document.routes.map((route, index) => {
    const match = toRouteMatch(route, index)
    if (match === null) throw new TypeError(`routes[${index}] was not validated`)
    const { upstream, rewrite, allowEncodedSlash } = route
    const uses = plugins.filter(
      ({ scope, owner }) => scope === 'global' || (scope === 'upstream' && owner === upstream) || (scope === 'route' && owner === index)
    )
    return { match, upstream, rewrite: toRewritePlan(rewrite), allowEncodedSlash, plugins: mergeChain(uses) }
  })
}

function compileListener(address: string): ListenerPlan {
  const parsed = addressOf(address)
  return { ...parsed, name: formatAddress(parsed) }
}

function compileUpstream(name: string, upstream: UpstreamDocument, tls: TlsPlan | null): UpstreamPlan {
  const { timeouts, loadBalancing, hostHeader } = upstream
  const endpoints = upstream.endpoints.map(compileEndpoint)
  const differ = endpoints.some(({ weight }) => weight !== endpoints[0]?.weight)
  return {
    name,
    endpoints,
    balancer: { algorithm: loadBalancing.algorithm ?? (differ ? 'weighted-round-robin' : 'round-robin') },
    timeouts: { connectMs: durationMs(timeouts.connect), responseMs: durationMs(timeouts.response), idleMs: durationMs(timeouts.idle) },
    tls,
    hostHeader: hostHeader === 'upstream' || hostHeader === 'preserve' ? { kind: hostHeader } : { kind: 'fixed', name: hostHeader }
  }
}

function compileEndpoint(endpoint: UpstreamDocument['endpoints'][number]): EndpointPlan {
  const { url, weight } = typeof endpoint === 'string' ? { url: endpoint, weight: 1 } : endpoint
  const parsed = parseEndpoint(url)
  if (!parsed.ok) throw new TypeError(`the endpoint ${url} was not validated`)
  return { origin: parsed.value, weight }
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
function hashOf(config: ValidConfig, routes: readonly RoutePlan[]): string {
  const document: GatewayDocument = config.document
  return sha256(
    canonicalJson({
      document,
      chains: routes.map((route) => route.plugins.map(({ where }) => where)),
      unmatched: mergeChain(config.plugins.filter(({ scope }) => scope === 'global')).map(({ where }) => where),
      modules: config.plugins
        .flatMap(({ path, plugin }) => (plugin === null ? [] : [[path, plugin.identity]]))
        .map(canonicalJson)
        .sort(),
      tls: Object.fromEntries(config.tls)
    })
  )
}
