import { isIP } from 'node:net'
import { asText, Fields } from './fields.ts'
import { isEmptyCheck, readCheck } from './read-check.ts'
import { RequestError } from './request-error.ts'
import type { CheckDefinition, Registration, ServiceDefinition, TaggedAddress } from './types.ts'

const UNSUPPORTED = ['Kind', 'Proxy', 'Connect'] as const
/** There are no ACLs and no namespaces; whoever sends them is understood. */
const IGNORED = ['Token', 'Namespace'] as const
const MEANT = ['ID', 'Name', 'Tags', 'Address', 'TaggedAddresses', 'Port', 'Meta', 'Weights', 'EnableTagOverride', 'Check', 'Checks'] as const

const MAX_META = { pairs: 64, key: 128, value: 512 }
const META_KEY = /^[\w-]+$/
const RESERVED_META = 'consul-'
const MAX_WEIGHT = 65_535
/** Nobody can be reached there. */
const ANY_ADDRESS = new Set(['0.0.0.0', '::', '[::]'])

/** Reads the body of a registration. @throws RequestError 400 */
export function readRegistration(body: unknown, replaceChecks: boolean): Registration {
  const fields = new Fields(body, '', [...UNSUPPORTED, ...IGNORED, ...MEANT])
  for (const name of UNSUPPORTED) {
    if (!fields.isEmpty(name)) throw new RequestError(400, `${name} is not supported by this registry`)
  }
  const service = readService(fields)
  return { service, checks: readChecks(fields, service), replaceChecks }
}

function readService(fields: Fields): ServiceDefinition {
  const name = fields.text('Name')
  if (name === '') throw new RequestError(400, 'Missing service name')
  const id = fields.text('ID')
  const address = fields.text('Address')
  if (ANY_ADDRESS.has(address)) throw new RequestError(400, 'Invalid service address')
  const port = fields.integer('Port')
  const service: ServiceDefinition = {
    id: id === '' ? name : id,
    name,
    tags: fields.texts('Tags'),
    address,
    taggedAddresses: { ...defaultTaggedAddresses(address, port), ...fields.record('TaggedAddresses', readTaggedAddress) },
    port,
    meta: readMeta(fields),
    weights: readWeights(fields),
    enableTagOverride: fields.flag('EnableTagOverride')
  }
  return service
}

function defaultTaggedAddresses(address: string, port: number): Readonly<Record<string, TaggedAddress>> {
  const version = isIP(address)
  return version === 0 ? {} : { [`lan_ipv${version}`]: { address, port }, [`wan_ipv${version}`]: { address, port } }
}

function readTaggedAddress(value: unknown, where: string): TaggedAddress {
  const fields = new Fields(value, where, ['Address', 'Port'])
  return { address: fields.text('Address'), port: fields.integer('Port') }
}

function readMeta(fields: Fields): Readonly<Record<string, string>> {
  const meta = fields.record('Meta', asText)
  const pairs = Object.entries(meta)
  if (pairs.length > MAX_META.pairs) throw new RequestError(400, `Invalid Service Meta: there are more than ${MAX_META.pairs} pairs`)
  for (const [key, value] of pairs) {
    const problem = metaProblem(key, value)
    if (problem !== null) throw new RequestError(400, `Invalid Service Meta: Couldn't load metadata pair ('${key}', '${value}'): ${problem}`)
  }
  return meta
}

function metaProblem(key: string, value: string): string | null {
  if (key === '') return 'Key cannot be blank'
  if (!META_KEY.test(key)) return 'Key contains invalid characters'
  if (key.length > MAX_META.key) return `Key is too long (limit: ${MAX_META.key} characters)`
  if (key.startsWith(RESERVED_META)) return `Key prefix '${RESERVED_META}' is reserved for internal use`
  return value.length > MAX_META.value ? `Value is too long (limit: ${MAX_META.value} characters)` : null
}

function readWeights(fields: Fields): ServiceDefinition['weights'] {
  if (!fields.has('Weights')) return { passing: 1, warning: 1 }
  const weights = new Fields(fields.raw('Weights'), 'Weights', ['Passing', 'Warning'])
  const [passing, warning] = [weights.integer('Passing'), weights.integer('Warning')]
  if (passing < 1) throw new RequestError(400, 'Invalid Weights: Passing must be greater than 0')
  if (warning < 0) throw new RequestError(400, 'Invalid Weights: Warning must be greater or equal than 0')
  if (passing > MAX_WEIGHT || warning > MAX_WEIGHT) throw new RequestError(400, `Invalid Weights: DNS Weight must be between 0 and ${MAX_WEIGHT}`)
  return { passing, warning }
}

/** One check is called after its service; of several each has its number as well, counted over all of them. */
function readChecks(fields: Fields, service: ServiceDefinition): readonly CheckDefinition[] {
  const single = isEmptyCheck(fields.raw('Check'), 'Check') ? [] : [{ value: fields.raw('Check'), where: 'Check' }]
  const listed = [...single, ...fields.list('Checks').map((value, index) => ({ value, where: `Checks[${index}]` }))]
  return listed.map(({ value, where }, index) => {
    const checkId = listed.length === 1 ? `service:${service.id}` : `service:${service.id}:${index + 1}`
    return readCheck(value, where, { serviceName: service.name, checkId })
  })
}
