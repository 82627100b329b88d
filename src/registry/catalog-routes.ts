import { readBoolean, readQueryOptions } from './query.ts'
import type { Registry } from './registry.ts'
import { json, type Reply } from './reply.ts'
import { RequestError } from './request-error.ts'
import type { Call, Route } from './route.ts'
import { type Status, STATUSES } from './types.ts'
import { NODE_ADDRESS } from './views.ts'

/** The port of a server of Consul; nobody listens there, but that there is a leader can be seen. */
const LEADER = `${NODE_ADDRESS}:8300`

/** https://www.consul.io/api-docs/catalog and https://www.consul.io/api-docs/health, as far as gateways use them. */
export const CATALOG_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/v1/status/leader', run: () => json(LEADER) },
  {
    method: 'GET',
    path: '/v1/catalog/nodes',
    run: async (registry, call) => blocking(registry, call, { index: () => registry.catalog.indexes.nodes, read: () => registry.views.nodes() })
  },
  {
    method: 'GET',
    path: '/v1/catalog/services',
    run: async (registry, call) =>
      blocking(registry, call, { index: () => registry.catalog.indexes.services, read: () => registry.views.serviceNames() })
  },
  { method: 'GET', path: '/v1/catalog/service/', run: catalogService },
  { method: 'GET', path: '/v1/health/service/', run: healthService },
  { method: 'GET', path: '/v1/health/checks/', run: healthChecks },
  { method: 'GET', path: '/v1/health/state/', run: healthState }
]

async function catalogService(registry: Registry, call: Call): Promise<Reply> {
  const name = required(call, 'service name')
  const tags = call.query.getAll('tag')
  return blocking(registry, call, {
    index: () => registry.catalog.indexes.service(name, 'services'),
    read: () => registry.views.catalogService(name, tags)
  })
}

async function healthService(registry: Registry, call: Call): Promise<Reply> {
  const name = required(call, 'service name')
  const tags = call.query.getAll('tag')
  const text = call.query.get('passing')
  const passing = text === null ? false : text === '' ? true : readBoolean(text)
  if (passing === null) throw new RequestError(400, 'Invalid value for ?passing')
  return blocking(registry, call, {
    index: () => registry.catalog.indexes.service(name, 'health'),
    read: () => registry.views.health(name, tags, passing)
  })
}

async function healthChecks(registry: Registry, call: Call): Promise<Reply> {
  const name = required(call, 'service name')
  return blocking(registry, call, { index: () => registry.catalog.indexes.checks, read: () => registry.views.healthChecks(name) })
}

/** A state that there is not is one that no check has. */
async function healthState(registry: Registry, call: Call): Promise<Reply> {
  const text = required(call, 'check state')
  const state: Status | 'any' | null = text === 'any' ? 'any' : (STATUSES.find((one) => one === text) ?? null)
  return blocking(registry, call, { index: () => registry.catalog.indexes.checks, read: () => registry.views.healthState(state) })
}

function required({ rest }: Call, what: string): string {
  if (rest === '') throw new RequestError(400, `Missing ${what}`)
  return rest
}

/** Answers at once, or, when the client names an index, as soon as there is a larger one or its time is over. */
async function blocking(registry: Registry, { query, signal }: Call, { index, read }: { index: () => number; read: () => unknown }): Promise<Reply> {
  const options = readQueryOptions(query, registry.random)
  if (options.index > 0) await registry.waiters.wait(() => index() > options.index, options.waitMs, signal)
  return json(read(), {
    'X-Consul-Effective-Consistency': options.consistency,
    'X-Consul-Index': String(index()),
    'X-Consul-KnownLeader': 'true',
    'X-Consul-LastContact': '0'
  })
}
