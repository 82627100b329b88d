import { stringify } from 'yaml'
import { endpointsOf, type Setup } from './types.ts'

/** Bare: routes and nothing else. Standard: what a public API usually has in front of it. Redis: the same, with limits that gateways share. */
export type Chain = 'bare' | 'standard' | 'redis'

export const ISSUER = 'https://id.bench.example'
export const AUDIENCE = 'bench'

/** The gateway's document for a set-up; metrics are on in all of them, as always. */
export function sallyportDocument(setup: Setup, chain: Chain): string {
  const hasChain = chain !== 'bare'
  const upstreams = Array.from({ length: setup.upstreams }, (_, index) => {
    const endpoints = endpointsOf(setup, index).map((origin) => `http://${origin}`)
    const rules = hasChain ? { healthCheck: { path: '/health' }, circuitBreaker: {} } : {}
    return [`upstream-${index}`, { endpoints, ...rules }] as const
  })
  return stringify({
    version: 1,
    listeners: [{ address: `127.0.0.1:${setup.port}`, ...(setup.tls === null ? {} : { tls: certificate(setup.tls) }) }],
    admin: false,
    ...(setup.workers === undefined ? {} : { workers: setup.workers }),
    telemetry: { log: { level: hasChain ? 'info' : 'error', access: hasChain } },
    ...(chain === 'redis' ? { redis: { url: setup.redisUrl, keyPrefix: `bench-${setup.port}:` } } : {}),
    ...(hasChain ? { plugins: plugins(setup, chain) } : {}),
    upstreams: Object.fromEntries(upstreams),
    routes: setup.routes.map(({ name, prefix, upstream }) => ({ name, match: { path: `${prefix}/*` }, upstream: `upstream-${upstream}` }))
  })
}

function plugins({ publicKey }: Setup, chain: Chain): object {
  return {
    'request-id': {},
    jwt: { publicKey, algorithms: ['RS256'], issuer: ISSUER, audience: AUDIENCE, claimsToHeaders: { 'x-user-id': 'sub' } },
    // Never reached: what is measured is the counting.
    'rate-limit': { limit: 1_000_000_000, window: '1m', algorithm: 'gcra', by: 'consumer', store: chain === 'redis' ? 'redis' : 'memory' }
  }
}

function certificate({ certFile, keyFile }: { readonly certFile: string; readonly keyFile: string }): object {
  return { certFile, keyFile }
}
