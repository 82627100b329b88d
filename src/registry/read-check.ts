import { asTexts, Fields } from './fields.ts'
import { RequestError } from './request-error.ts'
import { type CheckDefinition, type Probe, type Status, STATUSES } from './types.ts'

/** Lower limits and defaults of Consul 1.8: https://www.consul.io/docs/discovery/checks */
const MIN_INTERVAL_MS = 1000
const DEFAULT_TIMEOUT_MS = 10_000
const MIN_DEREGISTER_MS = 60_000

/** What this registry does not do. Clients send them empty, and that is fine. */
const UNSUPPORTED = ['Args', 'ScriptArgs', 'Script', 'Shell', 'DockerContainerID', 'GRPC', 'AliasNode', 'AliasService'] as const
const UNSUPPORTED_COUNTS = ['SuccessBeforePassing', 'FailuresBeforeCritical'] as const
/** Members that only matter to what is not supported. */
const IGNORED = ['GRPCUseTLS', 'ProxyHTTP', 'ProxyGRPC', 'OutputMaxSize', 'ServiceID', 'Namespace'] as const
const MEANT = ['CheckID', 'Name', 'Notes', 'Status', 'HTTP', 'Method', 'Header', 'Body', 'TLSSkipVerify', 'TCP'] as const
const TIMES = ['Interval', 'Timeout', 'TTL', 'DeregisterCriticalServiceAfter'] as const

const KNOWN = [...UNSUPPORTED, ...UNSUPPORTED_COUNTS, ...IGNORED, ...MEANT, ...TIMES]

/** Who the check is of, and what it is called when it does not say. */
interface Owner {
  readonly serviceName: string
  readonly checkId: string
}

/** Whether a check says nothing at all, as clients send it for a service that has none. */
export function isEmptyCheck(value: unknown, where: string): boolean {
  const fields = new Fields(value, where, KNOWN)
  return TIMES.every((name) => fields.duration(name) === 0) && [...UNSUPPORTED, ...MEANT].every((name) => fields.isEmpty(name))
}

/** @throws RequestError 400 */
export function readCheck(value: unknown, where: string, owner: Owner): CheckDefinition {
  const fields = new Fields(value, where, KNOWN)
  for (const name of [...UNSUPPORTED, ...UNSUPPORTED_COUNTS]) {
    if (!fields.isEmpty(name)) throw new RequestError(400, `${where}.${name} is not supported by this registry`)
  }
  const deregisterAfterMs = fields.duration('DeregisterCriticalServiceAfter')
  const id = fields.text('CheckID')
  const name = fields.text('Name')
  return {
    id: id === '' ? owner.checkId : id,
    name: name === '' ? `Service '${owner.serviceName}' check` : name,
    notes: fields.text('Notes'),
    status: readStatus(fields),
    probe: readProbe(fields),
    deregisterAfterMs: deregisterAfterMs > 0 ? Math.max(MIN_DEREGISTER_MS, deregisterAfterMs) : null
  }
}

function readStatus(fields: Fields): Status {
  const text = fields.text('Status')
  const status = text === '' ? 'critical' : STATUSES.find((one) => one === text)
  if (status === undefined) throw new RequestError(400, "Status for checks must be 'passing', 'warning' or 'critical'")
  return status
}

function readProbe(fields: Fields): Probe {
  const url = fields.text('HTTP')
  const address = fields.text('TCP')
  const interval = fields.duration('Interval')
  const ttlMs = fields.duration('TTL')
  const timeout = fields.duration('Timeout')
  if (interval > 0 && ttlMs > 0) throw invalid('Interval and TTL cannot both be specified')
  if (url === '' && address === '') {
    if (ttlMs <= 0) throw invalid('TTL must be > 0 for TTL checks')
    return { type: 'ttl', ttlMs }
  }
  if (interval <= 0) throw invalid('Interval must be > 0 for HTTP or TCP checks')
  const times = { intervalMs: Math.max(MIN_INTERVAL_MS, interval), timeoutMs: timeout > 0 ? timeout : DEFAULT_TIMEOUT_MS }
  if (url === '') return { type: 'tcp', address, ...times }
  const method = fields.text('Method')
  return {
    type: 'http',
    url,
    method: method === '' ? 'GET' : method,
    headers: fields.record('Header', asTexts),
    body: fields.text('Body'),
    verifyTls: !fields.flag('TLSSkipVerify'),
    ...times
  }
}

function invalid(reason: string): RequestError {
  return new RequestError(400, `Invalid check: ${reason}`)
}
