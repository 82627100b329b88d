import { textOrNull } from '../instance.ts'

export type Json = Readonly<Record<string, unknown>>

/** One instance as Eureka describes it (Netflix Eureka, "Eureka REST operations"). */
export interface EurekaRecord {
  /** Unique within its application. */
  readonly id: string
  readonly status: string
  readonly fields: Json
}

/** Instances by id, by the name of their application in upper case. */
export type Registry = ReadonlyMap<string, ReadonlyMap<string, EurekaRecord>>

/** What `/apps` and `/apps/delta` answer with. */
export interface Applications {
  readonly entries: readonly { readonly app: string; readonly record: EurekaRecord }[]
  /** Of the whole registry, also in a delta; null when it is not told. */
  readonly hash: string | null
}

const STATUSES: ReadonlySet<string> = new Set(['UP', 'DOWN', 'STARTING', 'OUT_OF_SERVICE', 'UNKNOWN'])

/** @throws Error when it is no list of applications at all */
export function parseApplications(body: unknown): Applications {
  const applications = mapOf(body)['applications']
  if (typeof applications !== 'object' || applications === null) throw new Error('Eureka answered with something that is no list of applications')
  const hash = mapOf(applications)['apps__hashcode']
  const entries = listOf(mapOf(applications)['application']).flatMap((application) =>
    listOf(mapOf(application)['instance']).map((instance) => {
      const fields = mapOf(instance)
      const app = textOrNull(mapOf(application)['name']) ?? textOrNull(fields['app']) ?? ''
      return { app: app.toUpperCase(), record: { id: idOf(fields), status: statusOf(fields), fields } }
    })
  )
  return { entries, hash: typeof hash === 'string' ? hash : null }
}

export function registryOf({ entries }: Applications): Registry {
  const registry = new Map<string, Map<string, EurekaRecord>>()
  for (const { app, record } of entries) {
    const records = registry.get(app) ?? new Map<string, EurekaRecord>()
    registry.set(app, records.set(record.id, record))
  }
  return registry
}

/**
 * What the registry has become by the changes of the last minutes, of which many may have been seen before: each says what an instance is now,
 * or that it is gone.
 */
export function applyDelta(registry: Registry, { entries }: Applications): Registry {
  const next = new Map(registry)
  for (const { app, record } of entries) {
    const records = new Map(next.get(app))
    if (record.fields['actionType'] === 'DELETED') records.delete(record.id)
    else records.set(record.id, record)
    if (records.size === 0) next.delete(app)
    else next.set(app, records)
  }
  return next
}

/** The number of instances in each status, such as `DOWN_1_UP_7_`: how the server tells in `apps__hashcode` what a client should have by now. */
export function hashOf(registry: Registry): string {
  const counts = new Map<string, number>()
  for (const records of registry.values()) {
    for (const { status } of records.values()) counts.set(status, (counts.get(status) ?? 0) + 1)
  }
  const statuses = [...counts.keys()].toSorted((a, b) => (a < b ? -1 : 1))
  return statuses.map((status) => `${status}_${counts.get(status) ?? 0}_`).join('')
}

export function mapOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

/** Servers that make their JSON from XML write a list of one as the one. */
function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? (value as readonly unknown[]) : [value]
}

/** Old clients have no `instanceId`: theirs is that of the machine in its data center, or the host name. */
function idOf(fields: Json): string {
  const machine = mapOf(mapOf(fields['dataCenterInfo'])['metadata'])['instance-id']
  return textOrNull(fields['instanceId']) ?? textOrNull(machine) ?? textOrNull(fields['hostName']) ?? 'an instance without an id'
}

function statusOf(fields: Json): string {
  const status = textOrNull(fields['status'])?.toUpperCase() ?? 'UNKNOWN'
  return STATUSES.has(status) ? status : 'UNKNOWN'
}
