import { parseBody, Fields } from './fields.ts'
import { cutOutput } from './output.ts'
import { readBoolean, refuseFilter } from './query.ts'
import { readRegistration } from './read-registration.ts'
import type { Registry } from './registry.ts'
import { done, json, type Reply } from './reply.ts'
import { RequestError } from './request-error.ts'
import type { Call, Route } from './route.ts'
import { type Status, STATUSES } from './types.ts'

/** https://www.consul.io/api-docs/agent, as far as services use it. */
export const AGENT_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/v1/agent/self', run: (registry) => json(registry.views.agentSelf()) },
  { method: 'GET', path: '/v1/agent/services', run: (registry, call) => unfiltered(call, registry.views.agentServices()) },
  { method: 'GET', path: '/v1/agent/checks', run: (registry, call) => unfiltered(call, registry.views.agentChecks()) },
  { method: 'PUT', path: '/v1/agent/service/register', run: register },
  { method: 'PUT', path: '/v1/agent/service/deregister/', run: deregister },
  { method: 'PUT', path: '/v1/agent/service/maintenance/', run: maintenance },
  { method: 'GET', path: '/v1/agent/service/', run: service },
  { method: 'PUT', path: '/v1/agent/check/pass/', run: (registry, call) => tell(registry, call, 'passing') },
  { method: 'PUT', path: '/v1/agent/check/warn/', run: (registry, call) => tell(registry, call, 'warning') },
  { method: 'PUT', path: '/v1/agent/check/fail/', run: (registry, call) => tell(registry, call, 'critical') },
  { method: 'PUT', path: '/v1/agent/check/update/', run: update }
]

function unfiltered({ query }: Call, value: unknown): Reply {
  refuseFilter(query)
  return json(value)
}

function register(registry: Registry, { body, query }: Call): Reply {
  const replace = query.get('replace-existing-checks')
  const registration = readRegistration(parseBody(body), replace !== null && (replace === '' || readBoolean(replace) === true))
  registry.apply((catalog, now) => catalog.register(registration, now))
  return done()
}

function deregister(registry: Registry, { rest }: Call): Reply {
  if (rest === '') throw new RequestError(500, 'ServiceID missing')
  registry.apply((catalog) => catalog.deregister(rest))
  return done()
}

function maintenance(registry: Registry, { rest, query }: Call): Reply {
  if (rest === '') throw new RequestError(400, 'Missing service ID')
  const text = query.get('enable')
  if (text === null) throw new RequestError(400, 'Missing value for enable')
  const enable = readBoolean(text)
  if (enable === null) throw new RequestError(400, `Invalid value for enable: ${JSON.stringify(text)}`)
  const change = registry.apply((catalog, now) => catalog.setMaintenance(rest, enable, query.get('reason') ?? '', now))
  if (change === null) throw new RequestError(404, `No service registered with ID ${JSON.stringify(rest)}`)
  return done()
}

function service(registry: Registry, { rest }: Call): Reply {
  const entry = registry.catalog.service(rest)
  if (entry === undefined) throw new RequestError(404, `unknown service ID: ${rest}`)
  const view = registry.views.agentService(entry.definition)
  return json(view, { 'X-Consul-ContentHash': String(view['ContentHash']) })
}

function tell(registry: Registry, { rest, query }: Call, status: Status): Reply {
  return updateTtl(registry, rest, status, query.get('note') ?? '')
}

function update(registry: Registry, { rest, body }: Call): Reply {
  const fields = new Fields(parseBody(body), '', ['Status', 'Output'])
  const text = fields.text('Status')
  const status = STATUSES.find((one) => one === text)
  if (status === undefined) throw new RequestError(400, `Invalid check status: '${text}'`)
  return updateTtl(registry, rest, status, fields.text('Output'))
}

/** Consul 1.8 has the same answer for a check that is not there and for one that it runs itself. */
function updateTtl(registry: Registry, checkId: string, status: Status, output: string): Reply {
  if (registry.catalog.check(checkId)?.definition.probe.type !== 'ttl') {
    throw new RequestError(500, `CheckID ${JSON.stringify(checkId)} does not have associated TTL`)
  }
  registry.apply((catalog, now) => catalog.updateCheck(checkId, status, cutOutput(output), now))
  return done()
}
